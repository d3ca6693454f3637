/**
 * Leaves no inspector open behind us: closes the port at once where the program answers, and stands by
 * where it does not. The request to close waits in the program's own queue and holds even when we are gone;
 * a signal that the program has not acted on yet needs somebody to wait for it.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { CLOSE_EXPRESSION } from "./boarding.ts";
import { InspectorClient } from "./inspector-client.ts";
import { findInspectors } from "./inspector-port.ts";
import type { Listener } from "./listeners.ts";
import { isAlive, type Target } from "./target.ts";

const POLL_MS = 5;
const STAND_BY_POLL_MS = 250;
const STAND_BY_MS = 600_000;
const CONNECT_MS = 2000;

function isListening(target: Target, { inode }: Listener): boolean {
  return findInspectors(target).some((one) => one.inode === inode);
}

/**
 * Has the program close its inspector, and ends the session.
 *
 * @param client - the session, `undefined` where none came about.
 * @returns true when the port is closed, or the program has ended.
 */
export async function closePort(
  target: Target,
  listener: Listener,
  client: InspectorClient | undefined,
  deadlineMs: number,
): Promise<boolean> {
  // No answer comes: the connection ends with the inspector's thread.
  await client?.evaluate(CLOSE_EXPRESSION, deadlineMs);
  client?.close();
  const until = performance.now() + deadlineMs;
  while (isAlive(target) && isListening(target, listener)) {
    if (performance.now() >= until) return false;
    await sleep(POLL_MS);
  }
  return true;
}

/**
 * Waits for a program that comes to itself later, and closes what it opens then. Does not keep this process alive.
 *
 * @param known - sockets that were there before, by inode.
 * @param asked - one that the program was asked to close. Default: none.
 */
export async function closeLater(target: Target, known: ReadonlySet<string>, asked?: Listener): Promise<void> {
  const until = performance.now() + STAND_BY_MS;
  let awaited = asked;
  while (isAlive(target) && performance.now() < until) {
    await sleep(STAND_BY_POLL_MS, undefined, { ref: false });
    const [listener] = findInspectors(target, known);
    if (listener === undefined && awaited !== undefined) return;
    if (listener === undefined || listener.inode === awaited?.inode) continue;
    const client = await InspectorClient.connect(listener, CONNECT_MS);
    if (client === undefined) continue;
    if (await closePort(target, listener, client, CONNECT_MS)) return;
    awaited = listener;
  }
}
