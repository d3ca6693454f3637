/**
 * A recording as it was at an earlier moment, so that no rule can see what came later.
 */
import type { ProcessRecording, Recording } from "../../../src/monitor/remote/recording.ts";

/** What was known at `nowMs`. The recording itself is not changed. */
export function recordingUntil(recording: Recording, nowMs: number): Recording {
  const { exit: _exit, crash: _crash, ...cut } = until(recording, nowMs) as Recording;
  return { ...cut, processes: cut.processes.map(withPeak) };
}

/** Leaves out entries of lists that came later, and ends that had not come. */
function until(value: unknown, nowMs: number): unknown {
  if (Array.isArray(value)) return value.filter((item) => isSeen(item, nowMs)).map((item) => entry(item, nowMs));
  if (typeof value !== "object" || value === null) return value;
  const source = value as Readonly<Record<string, unknown>>;
  const isOver = typeof source["endedAtMs"] === "number" && source["endedAtMs"] <= nowMs;
  const cut: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(source)) {
    if (!isOver && (key === "endedAtMs" || key === "exitCode")) continue;
    if (key === "silentSinceMs" && typeof item === "number" && item > nowMs) continue;
    if (isSeen(item, nowMs)) cut[key] = until(item, nowMs);
  }
  return cut;
}

/** Readings hold nothing later than themselves. */
function entry(item: unknown, nowMs: number): unknown {
  return typeof item === "object" && item !== null && "timeMs" in item ? item : until(item, nowMs);
}

function isSeen(item: unknown, nowMs: number): boolean {
  if (typeof item !== "object" || item === null) return true;
  const since = "timeMs" in item ? item.timeMs : "startedAtMs" in item ? item.startedAtMs : undefined;
  return typeof since !== "number" || since <= nowMs;
}

function withPeak(process: ProcessRecording): ProcessRecording {
  const seen = process.resident.reduce((peak, { rssBytes }) => Math.max(peak, rssBytes), 0);
  return { ...process, peakRssBytes: seen > 0 ? Math.min(seen, process.peakRssBytes) : process.peakRssBytes };
}
