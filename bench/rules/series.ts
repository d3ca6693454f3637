/**
 * The series that published rules look at, from a recording: the resident set of the started program, and
 * the heap of each of its threads. Collections are those that happened by themselves and those that a profile
 * forced, since a rule would see both.
 */
import type { Recording } from "../../src/monitor/remote/recording.ts";
import type { TrendPoint } from "../../src/monitor/trend.ts";

const WARM_UP_MS = 2_000;
const MIN_SPAN_MS = 10_000;

/** The resident set without warm-up; empty while it is shorter than 10 s. */
export function residentSeries(recording: Recording): TrendPoint[] {
  const [started] = recording.processes;
  const points = (started?.resident ?? [])
    .filter(({ timeMs }) => timeMs >= recording.startedAtMs + WARM_UP_MS)
    .map(({ timeMs, rssBytes }) => ({ timeMs, bytes: rssBytes }));
  return isLong(points) ? points : [];
}

/** The used heap of each thread right after its major collections, warm-up left out. */
export function floorSeries(recording: Recording): TrendPoint[][] {
  const threads = recording.processes[0]?.threads ?? [];
  return threads.map(({ startedAtMs, majors, profiles }) => {
    const byTime = new Map<number, number>();
    for (const { timeMs, usedBytes } of [...majors, ...profiles.map(({ collection }) => collection)])
      byTime.set(timeMs, usedBytes);
    return [...byTime]
      .map(([timeMs, bytes]) => ({ timeMs, bytes }))
      .filter(({ timeMs }) => timeMs >= startedAtMs + WARM_UP_MS)
      .sort((a, b) => a.timeMs - b.timeMs);
  });
}

/** The used heap of each thread at every sample, warm-up left out. */
export function heapSeries(recording: Recording): TrendPoint[][] {
  const threads = recording.processes[0]?.threads ?? [];
  return threads.map(({ startedAtMs, samples }) =>
    samples
      .filter(({ timeMs }) => timeMs >= startedAtMs + WARM_UP_MS)
      .map(({ timeMs, heapUsedBytes }) => ({ timeMs, bytes: heapUsedBytes })),
  );
}

/** True when the series is long enough for a trend. */
export function isLong(points: readonly TrendPoint[]): boolean {
  return (points.at(-1)?.timeMs ?? 0) - (points[0]?.timeMs ?? 0) >= MIN_SPAN_MS;
}
