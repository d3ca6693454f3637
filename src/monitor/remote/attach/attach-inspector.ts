/**
 * Enters a running Node.js program that was started by somebody else: SIGUSR1 starts its inspector, whose
 * port is found through `/proc`; the preload's agent is loaded through it, and the port is closed again.
 * From then on the program is watched like one that was started by us. Every step has a deadline; a
 * program that ends, refuses or keeps silent gives a result, never an exception.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type BoardingPass, makeBoardingExpressions, parseBoardingAnswer } from "./boarding.ts";
import { closeLater, closePort } from "./closing.ts";
import { InspectorClient } from "./inspector-client.ts";
import { findInspectors, findPort, isPortTaken, listInodes } from "./inspector-port.ts";
import type { Listener } from "./listeners.ts";
import { takePortLock } from "./port-lock.ts";
import { isRefusal, type Refusal, refuse } from "./refusal.ts";
import { findSignalHandler } from "./signal-handler.ts";
import { isAlive, judgeFiles, readTarget, refuseEnded, type Target } from "./target.ts";

/** How to enter. */
export interface AttachOptions {
  /** Where the agent reports: `RemoteWatch.boardingPass` of the watch that shall have it. */
  readonly pass: BoardingPass;
  /**
   * Whether to send SIGUSR1 also where it cannot be told if the program handles it itself; its own handler would then run,
   * and do what it does: rotate logs, or end the program. Default: false.
   */
  readonly signalsUnknown?: boolean;
  /** How long the program may take to answer, in milliseconds. Default: 2000. */
  readonly answerMs?: number;
  /** How long to wait for another attach on this machine to end, in milliseconds. Default: 10,000. */
  readonly lockMs?: number;
}

/** A program that was entered. */
export interface Attached {
  /** Process id. */
  readonly pid: number;
  /** Node's version, without the `v`. */
  readonly node: string;
  /** True when its inspector was open before; it is left open then. */
  readonly wasOpen: boolean;
  /** Milliseconds from the call to the agent's start, waiting for another attach not counted. */
  readonly attachMs: number;
  /** Resolves when the port that was opened is closed again: at once, unless the program falls silent in the very moment. Never rejects. */
  readonly portClosed: Promise<void>;
}

const ANSWER_MS = 2000;
const LOCK_MS = 10_000;
/** A program whose turn lasts longer is entered in the midst of it. */
const PATIENCE_MS = 500;
const FIRST_POLL_MS = 4;
const LAST_POLL_MS = 50;
const FREE_PORT_MS = 500;
const END_MS = 200;

/**
 * Enters a program. Unavoidable traces: Node itself writes "Debugger listening on …" and "Debugger attached." to the
 * program's stderr, and for some 30 ms any user of the machine can reach the inspector on 127.0.0.1.
 *
 * @param pid - of a Node.js process of the same user.
 */
export async function attachInspector(pid: number, options: AttachOptions): Promise<Attached | Refusal> {
  const target = readTarget(pid);
  if (isRefusal(target)) return target;
  const hidden = judgeFiles(target, options.pass.preloadFile);
  if (hidden !== undefined) return hidden;
  const began = performance.now();
  const open = await connectOpen(target, options.answerMs ?? ANSWER_MS);
  if (open !== undefined) {
    const outcome = await enter(target, open, options);
    open.close();
    return isRefusal(outcome) ? outcome : { ...outcome, wasOpen: true, attachMs: performance.now() - began };
  }
  const denied = judgeSignal(target, options);
  if (denied !== undefined) return denied;
  const lock = await takePortLock(options.lockMs ?? LOCK_MS);
  if (lock === undefined)
    return refuse(
      "busy",
      "Another program is being attached to and holds the inspector's port: try again in a moment.",
    );
  const outcome = await openAndEnter(target, options);
  void outcome.portClosed.then(() => lock[Symbol.dispose]());
  return outcome;
}

/** An inspector that listens already, as far as its port is known or usual. */
async function connectOpen(target: Target, deadlineMs: number): Promise<InspectorClient | undefined> {
  for (const listener of findInspectors(target)) {
    const client = await InspectorClient.connect(listener, deadlineMs);
    if (client !== undefined) return client;
  }
  return undefined;
}

/** Whether the signal would do what it is meant to, and nothing else. */
function judgeSignal({ pid, name, flags, catchesSignal }: Target, options: AttachOptions): Refusal | undefined {
  const who = `Process ${pid} (${name})`;
  if (flags.hidesSessions)
    return refuse(
      "disabled",
      `${who} runs with --inspect-publish-uid, which hides its inspector's sessions: start it without, or with plimsoll run.`,
    );
  if (!catchesSignal) {
    const why = flags.disablesSignal
      ? "runs with --disable-sigusr1: start it without"
      : flags.restricts
        ? "runs with --permission, which closes Node's inspector: start it without"
        : "does not wait for SIGUSR1, as it is still starting or has no inspector: try again in a moment";
    return refuse("disabled", `${who} ${why}, or start it with plimsoll run.`);
  }
  const handler = findSignalHandler(pid);
  if (handler === "own")
    return refuse(
      "own-handler",
      `${who} handles SIGUSR1 itself, so that it does not open Node's inspector: start it with --inspect, or with plimsoll run.`,
    );
  if (handler === "unknown" && options.signalsUnknown !== true)
    return refuse(
      "unknown-handler",
      `It cannot be told whether ${who} handles SIGUSR1 itself, in which case that handler would run: allow the signal if you know that it does not, or run plimsoll as root.`,
    );
  return undefined;
}

async function openAndEnter(target: Target, options: AttachOptions): Promise<Attached | Refusal> {
  const began = performance.now();
  const answerMs = options.answerMs ?? ANSWER_MS;
  if (!(await awaitFreePort(target))) return refusePort(target);
  const known = listInodes(target);
  const sent = sendSignal(target);
  if (sent !== undefined) return sent;
  const listener = await awaitListener(target, known, answerMs);
  if (listener === undefined) {
    if (!isAlive(target)) return refuseEnded(target.pid);
    if (isPortTaken(target)) return refusePort(target);
    return refuseSilent(target, answerMs, closeLater(target, known));
  }
  const client = await InspectorClient.connect(listener, answerMs);
  const outcome = client === undefined ? undefined : await enter(target, client, options);
  const attachMs = performance.now() - began;
  const isClosed = await closePort(target, listener, client, answerMs);
  const asked = client === undefined ? undefined : listener;
  const portClosed = isClosed ? Promise.resolve() : closeLater(target, known, asked);
  if (outcome === undefined)
    return (await hasEnded(target)) ? refuseEnded(target.pid) : refuseSilent(target, answerMs, portClosed);
  return isRefusal(outcome) ? { ...outcome, portClosed } : { ...outcome, wasOpen: false, attachMs, portClosed };
}

function sendSignal(target: Target): Refusal | undefined {
  // The number may have passed to another process while we waited for the lock.
  if (!isAlive(target)) return refuseEnded(target.pid);
  try {
    process.kill(target.pid, "SIGUSR1");
    return undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return refuseEnded(target.pid);
    return refuse(
      "other-user",
      `Process ${target.pid} (${target.name}) may not be signalled by this user: run plimsoll as its user.`,
    );
  }
}

/** A killed program closes its files a moment before it is gone. */
async function hasEnded(target: Target): Promise<boolean> {
  const until = performance.now() + END_MS;
  while (isAlive(target) && performance.now() < until) await sleep(LAST_POLL_MS);
  return !isAlive(target);
}

/** A program that was entered in the midst of a turn opens the port once more when the turn ends, and closes it at once. */
async function awaitFreePort(target: Target): Promise<boolean> {
  const until = performance.now() + FREE_PORT_MS;
  while (isPortTaken(target) && performance.now() < until) await sleep(LAST_POLL_MS);
  return !isPortTaken(target);
}

async function awaitListener(
  target: Target,
  known: ReadonlySet<string>,
  deadlineMs: number,
): Promise<Listener | undefined> {
  const until = performance.now() + deadlineMs;
  for (let pauseMs = FIRST_POLL_MS; performance.now() < until; pauseMs = Math.min(LAST_POLL_MS, 1.5 * pauseMs)) {
    await sleep(pauseMs);
    const [found] = findInspectors(target, known);
    if (found !== undefined) return found;
    if (!isAlive(target)) return undefined;
  }
  return undefined;
}

async function enter(target: Target, client: InspectorClient, options: AttachOptions): Promise<Attached | Refusal> {
  const answerMs = options.answerMs ?? ANSWER_MS;
  const who = `Process ${target.pid} (${target.name})`;
  const { patient, urgent } = makeBoardingExpressions(target.pid, options.pass);
  let said = await client.evaluate(patient, Math.min(PATIENCE_MS, answerMs / 2), true);
  if (said.outcome === "silent") said = await client.evaluate(urgent, answerMs);
  if (said.outcome === "closed" || !isAlive(target)) return refuseEnded(target.pid);
  if (said.outcome === "silent") return refuseSilent(target, answerMs, Promise.resolve());
  const answer = said.outcome === "value" ? parseBoardingAnswer(said.value) : undefined;
  if (answer?.outcome === "aboard") {
    return { pid: target.pid, node: answer.node, wasOpen: false, attachMs: 0, portClosed: Promise.resolve() };
  }
  if (answer?.outcome === "already-watched")
    return refuse("already-watched", `${who} is watched by another plimsoll already: end that one first.`);
  if (answer?.outcome === "starting") return refuse("disabled", `${who} is still starting: try again in a moment.`);
  const why = answer?.reason ?? (said.outcome === "thrown" ? said.what : "the answer made no sense");
  return refuse("failed", `Plimsoll's agent could not be loaded into ${who} (${why}): start it with plimsoll run.`);
}

function refusePort(target: Target): Refusal {
  const { pid, name } = target;
  return refuse(
    "port-taken",
    `Process ${pid} (${name}) opens its inspector on port ${findPort(target)}, where something listens already: end that, or start one of them with --inspect-port=0.`,
  );
}

function refuseSilent({ pid, name }: Target, answerMs: number, portClosed: Promise<void>): Refusal {
  const message = `Process ${pid} (${name}) has not answered within ${answerMs / 1000} s, because its main thread is blocked: try again when it is not; its inspector, should it open then, is closed as long as plimsoll runs.`;
  return refuse("no-answer", message, portClosed);
}
