/** Why tasks wait, in words and with the figures: what somebody wants to read who asks why a program does not go faster. */
import { formatBytes } from "../base/bytes.ts";
import type { HoldReason } from "./admission.ts";
import type { Hold, LimiterStatus } from "./limiter-options.ts";

/** A hold as the limiter knows it. */
export type HoldState = Pick<Hold, "reason" | "sinceMs">;

/** The same with its sentence. */
export function describeHold(hold: HoldState, status: Omit<LimiterStatus, "hold">, maxConcurrency: number): Hold {
  const { inFlight, waiting, liveHeapBytes, heapCapBytes, residentBytes, residentCapBytes } = status;
  const why: Record<HoldReason, string> = {
    paused: "it was paused",
    pace: "more at once has not made it faster, or is not yet tried",
    concurrency: `maxConcurrency is ${maxConcurrency}`,
    heap: `${formatBytes(liveHeapBytes)} live on the heap, of at most ${formatBytes(heapCapBytes)}`,
    resident: `${formatBytes(residentBytes)} are resident, of at most ${formatBytes(residentCapBytes)}`,
  };
  return { ...hold, sentence: `${waiting} tasks wait while ${inFlight} run: ${why[hold.reason]}` };
}
