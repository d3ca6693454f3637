/**
 * The resident set is 50 MB above what it was 30 s ago, or at its first reading after warm-up where that is
 * later: a fixed rate, as alerts on container metrics have one.
 */
import type { ComparedRule } from "./rule.ts";
import { residentSeries } from "./series.ts";

const THRESHOLD = 50 * 2 ** 20;
const WINDOW_MS = 30_000;

/** RSS grew by more than 50 MB in 30 s. */
export const residentGrowth: ComparedRule = {
  name: "RSS > 50 MB in 30 s",
  source: "fixed rate of alerts on container metrics",
  judge(recording) {
    const points = residentSeries(recording);
    const last = points.at(-1);
    if (!last) return { leak: false };
    const before = points.findLast(({ timeMs }) => timeMs <= last.timeMs - WINDOW_MS) ?? points[0] ?? last;
    return { leak: last.bytes - before.bytes > THRESHOLD };
  },
};
