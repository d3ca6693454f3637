/**
 * Whom to ask for a profile now. Each thread has a schedule of its own; what holds for all of them together is here:
 * only the largest heaps are asked, and V8's flags, which are the whole process's, are handed back by its last thread.
 */
import type { WatcherRequest } from "../../base/wire.ts";
import type { Connection } from "./connection.ts";

/** Only the largest heaps are asked for profiles. */
const MAX_PROFILED = 8;

/** Sends the requests that are due. */
export function askForProfiles(connections: readonly Connection[], nowMs: number): void {
  const bySize = [...connections].sort((a, b) => b.usedBytes - a.usedBytes);
  for (const [index, connection] of bySize.entries()) {
    const { schedule, usedBytes } = connection;
    if (index >= MAX_PROFILED && !schedule.isPrecise) continue;
    const request = schedule.next(nowMs, usedBytes);
    if (request?.type === "relax") relax(connections, connection, request);
    else if (request !== undefined) connection.send(request);
  }
}

/** Inlining goes on again with the last thread that needs it off, and then in all. */
function relax(connections: readonly Connection[], { process: watched }: Connection, request: WatcherRequest): void {
  const threads = connections.filter((one) => one.process === watched);
  if (threads.some(({ schedule }) => schedule.isPrecise)) return;
  for (const thread of threads) thread.send(request);
}
