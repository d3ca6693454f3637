/**
 * A straight line fits the resident set: rising, with R2 > 0.8. The core of Linear Backward Regression in
 * Jindal et al., "Memory leak detection algorithms in the cloud-based infrastructure", arXiv 2106.08938, 2021.
 */
import type { TrendPoint } from "../../src/monitor/trend.ts";
import type { ComparedRule } from "./rule.ts";
import { residentSeries } from "./series.ts";

/** At least this share of the variance lies on the line. */
export const MIN_R2 = 0.8;

/** Least squares with R2 > 0.8. */
export const leastSquares: ComparedRule = {
  name: "least squares, R2 > 0.8",
  source: "arXiv 2106.08938, LBR",
  judge(recording) {
    const { bytesPerSecond, r2 } = fitLine(residentSeries(recording));
    return { leak: bytesPerSecond > 0 && r2 > MIN_R2 };
  },
};

/** The line of least squares; all zero below three points. */
export function fitLine(points: readonly TrendPoint[]): { bytesPerSecond: number; r2: number } {
  const n = points.length;
  if (n < 3) return { bytesPerSecond: 0, r2: 0 };
  const originMs = points[0]?.timeMs ?? 0;
  const meanX = points.reduce((sum, { timeMs }) => sum + (timeMs - originMs) / 1000, 0) / n;
  const meanY = points.reduce((sum, { bytes }) => sum + bytes, 0) / n;
  let [xx, xy, yy] = [0, 0, 0];
  for (const { timeMs, bytes } of points) {
    const x = (timeMs - originMs) / 1000 - meanX;
    const y = bytes - meanY;
    xx += x * x;
    xy += x * y;
    yy += y * y;
  }
  return xx === 0 || yy === 0 ? { bytesPerSecond: 0, r2: 0 } : { bytesPerSecond: xy / xx, r2: (xy * xy) / (xx * yy) };
}
