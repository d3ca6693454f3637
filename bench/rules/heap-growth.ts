/**
 * The used heap is 100 MB above its first reading after warm-up: a fixed threshold, as hand-written alerts on
 * `process.memoryUsage()` have one. It knows neither time nor collections.
 */
import type { ComparedRule } from "./rule.ts";
import { heapSeries } from "./series.ts";

const THRESHOLD = 100 * 2 ** 20;

/** Heap grew by more than 100 MB. */
export const heapGrowth: ComparedRule = {
  name: "heap grew > 100 MB",
  source: "fixed threshold of hand-written alerts",
  judge: (recording) => ({
    leak: heapSeries(recording).some((points) => {
      const [first, last] = [points[0], points.at(-1)];
      return first !== undefined && last !== undefined && last.bytes - first.bytes > THRESHOLD;
    }),
  }),
};
