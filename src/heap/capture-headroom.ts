/**
 * Whether a capture fits: beneath every limit on the process's memory, with a reserve left for the program, and within
 * the pause that was allowed. What does not fit is refused with the numbers, because a process that reaches the limit in
 * the midst of a capture is killed, and the file is empty.
 */
import { formatBytes } from "../base/bytes.ts";
import { PlimsollError } from "../base/errors.ts";
import { readLimits } from "../probe/limit.ts";
import type { ProcessId } from "../probe/system-files.ts";
import type { CapturePrediction } from "./capture-estimate.ts";

/** Memory that can still be taken. */
export interface Headroom {
  /** Until the nearest limit. `Infinity` where none is known. */
  readonly bytes: number;
  /** The limit itself. */
  readonly limitBytes: number;
  /** Which limit that is. */
  readonly source: string;
}

/** What a capture may cost. */
export interface CaptureBounds {
  /** Longest predicted pause, in milliseconds. Default: 5,000. */
  readonly maxPauseMs?: number;
}

/** Default of {@link CaptureBounds.maxPauseMs}. */
export const MAX_PAUSE_MS = 5_000;
const LEAST_RESERVE_BYTES = 16 << 20;
const RESERVE_RATIO = 0.05;

/** Reads how much the process may still take, under all of its limits. */
export function readHeadroom(pid: ProcessId = "self"): Headroom {
  let nearest: Headroom = { bytes: Infinity, limitBytes: Infinity, source: "no limit" };
  for (const { bounds, bytes, usedBytes, source } of readLimits(pid)) {
    if (bounds === "heap" || bytes === undefined || usedBytes === undefined) continue;
    const left = Math.max(0, bytes - usedBytes);
    if (left < nearest.bytes) nearest = { bytes: left, limitBytes: bytes, source };
  }
  return nearest;
}

/**
 * Says why a capture is refused.
 *
 * @returns `undefined` when it fits.
 */
export function refuseCapture(
  prediction: CapturePrediction,
  headroom: Headroom,
  { maxPauseMs = MAX_PAUSE_MS }: CaptureBounds = {},
): PlimsollError | undefined {
  const { extraBytes, pauseMs, objects } = prediction;
  const details = { extraBytes, pauseMs, objects, headroomBytes: headroom.bytes, maxPauseMs, source: headroom.source };
  const reserve = Math.max(LEAST_RESERVE_BYTES, headroom.limitBytes * RESERVE_RATIO);
  const about = `about ${objects.toLocaleString("en")} objects`;
  if (headroom.bytes !== Infinity && extraBytes + reserve > headroom.bytes)
    return new PlimsollError(
      "ERR_PLIMSOLL_CAPTURE_REFUSED",
      `A heap snapshot of ${about} may take ${formatBytes(extraBytes)} more, but only ${formatBytes(headroom.bytes)} are left below ${headroom.source}, ` +
        `of which ${formatBytes(reserve)} stay free.\nNothing was captured. Raise the limit, or capture earlier; a census of classes takes less.`,
      { details: { ...details, reason: "memory" } },
    );
  if (pauseMs > maxPauseMs)
    return new PlimsollError(
      "ERR_PLIMSOLL_CAPTURE_REFUSED",
      `A heap snapshot of ${about} may stop the program for ${formatSeconds(pauseMs)}, more than the ${formatSeconds(maxPauseMs)} that were allowed.\n` +
        "Nothing was captured. Allow a longer pause, or capture when nobody waits for the program.",
      { details: { ...details, reason: "pause" } },
    );
  return undefined;
}

/** As people read it. */
export function formatSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}
