/**
 * How long an act of ours would stop a thread of the program, predicted before it is done: nothing that is
 * predicted to take longer than 200 ms happens unasked. All predictions but those learned from earlier pauses are here.
 */
import type { ExperimentName } from "../../base/wire.ts";

/** The longest pause that may happen unasked. */
export const MAX_PAUSE_MS = 200;
/** Collecting a heap of small objects took 0.5-0.8 ms/MB on Node 20, 22 and 24. */
export const COLLECTION_MS_PER_BYTE: number = 0.8 / 2 ** 20;
/** Trimming took 0.03-0.04 ms/MB (bench/reclaim.bench.ts); with more and smaller free blocks it takes longer. */
const TRIM_MS_PER_BYTE = 0.1 / 2 ** 20;

/**
 * Milliseconds that an experiment would stop the thread.
 *
 * @param collectMs - the prediction for one collection.
 * @param uncountedBytes - resident memory that V8 does not count: glibc keeps no more than that.
 */
export function predictExperimentMs(name: ExperimentName, collectMs: number, uncountedBytes: number): number {
  if (name === "trim") return 1 + Math.max(0, uncountedBytes) * TRIM_MS_PER_BYTE;
  // Of the two collections of a turn the second finds little left, but marks as much.
  return name === "turn" ? 2 * collectMs : collectMs;
}
