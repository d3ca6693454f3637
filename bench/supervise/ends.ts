/**
 * What must end although it will not: a drain that hangs, a server that ignores SIGTERM, and servers whose supervisor
 * was killed, one of which is in an endless loop and can do nothing itself.
 */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { request } from "./load.ts";
import { startPlimsoll, type Supervising } from "./managers.ts";

/** Where the servers of one case listen and report. */
export interface EndCase {
  readonly port: number;
  readonly pids: string;
  readonly folder: string;
}

/** Seconds that servers may drain here. */
export const DRAIN_SECONDS = 3;
const DEADLINE_MS = 60_000;

/** A request that never ends holds the drain up: seconds from the order to drain to the end of the process. */
export async function hangingDrain(at: EndCase): Promise<number> {
  const running = start("hang", at, ["--restart-after", "4s"]);
  await waitFor(() => said(running, "ready") !== undefined, "the first server");
  const hanging = request(at.port, undefined, "/hang");
  const seconds = await untilReplaced(running);
  await Promise.all([running.stop(), hanging]);
  return seconds;
}

/** A server that ignores SIGTERM: the same. */
export async function deafServer(at: EndCase): Promise<number> {
  const running = start("deaf", at, ["--restart-after", "4s"]);
  const seconds = await untilReplaced(running);
  await running.stop();
  return seconds;
}

/** SIGKILL to the supervisor of a well server, or of one in an endless loop: seconds until no server lives. */
export async function killedSupervisor(at: EndCase, isBlocked: boolean): Promise<number> {
  const running = start("leak", at, []);
  await waitFor(() => said(running, "ready") !== undefined, "the first server");
  const blocked = isBlocked ? request(at.port, undefined, "/block") : undefined;
  await sleep(300);
  running.child.kill("SIGKILL");
  const beganMs = performance.now();
  await waitFor(() => readPids(at.pids).every((pid) => !isAlive(pid)), "the end of the servers");
  const seconds = (performance.now() - beganMs) / 1000;
  await blocked;
  return seconds;
}

function start(kind: string, { port, pids, folder }: EndCase, options: readonly string[]): Supervising {
  const env = { BENCH_PORT: String(port), BENCH_PIDS: pids, BENCH_KIND: kind };
  return startPlimsoll(["--limit", "500mb", "--drain", `${DRAIN_SECONDS}s`, ...options], env, folder);
}

async function untilReplaced(running: Supervising): Promise<number> {
  const second = (): boolean =>
    running.events.some((event) => event["plimsoll"] === "ready" && event["instance"] === 2);
  await waitFor(second, "the second server");
  const beganMs = performance.now();
  await waitFor(() => said(running, "end") !== undefined, "the end of the first server");
  return (performance.now() - beganMs) / 1000;
}

function said({ events }: Supervising, name: string): Readonly<Record<string, unknown>> | undefined {
  return events.find((event) => event["plimsoll"] === name);
}

async function waitFor(isThere: () => boolean, what: string): Promise<void> {
  const endMs = performance.now() + DEADLINE_MS;
  while (!isThere()) {
    if (performance.now() > endMs) throw new Error(`${what} was waited for ${DEADLINE_MS / 1000} s in vain`);
    await sleep(20);
  }
}

function readPids(file: string): number[] {
  return readFileSync(file, "utf8").split("\n").map(Number).filter(Boolean);
}

function isAlive(pid: number): boolean {
  try {
    return !/^[ZX]/.test(readFileSync(`/proc/${pid}/stat`, "latin1").replace(/^.*\) /s, ""));
  } catch {
    return false;
  }
}
