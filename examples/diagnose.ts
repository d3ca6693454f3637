/**
 * Diagnoses readings that were taken elsewhere: any source of heap sizes after collections will do.
 * `plimsoll run` does the same with what it sees itself.
 */
import { buildReport, diagnose, type Recording, renderTerminal } from "plimsoll/diagnose";

const MB = 2 ** 20;
const startedAtMs = Date.now() - 60_000;
const seconds = Array.from({ length: 60 }, (_, second) => second);

// A minute of a server whose heap after collections rises by 0.5 MB/s, beneath up to 8 MB of garbage.
const liveBytes = (second: number) => (12 + 0.5 * second) * MB;
const samples = seconds.map((second) => {
  const heapUsedBytes = liveBytes(second) + (second % 8) * MB;
  return {
    timeMs: startedAtMs + second * 1000,
    rssBytes: heapUsedBytes + 45 * MB,
    heapUsedBytes,
    heapTotalBytes: heapUsedBytes + 4 * MB,
    externalBytes: 2 * MB,
    arrayBuffersBytes: 0,
    mallocedBytes: 0,
    requests: second * 250,
    cpuMs: second * 200,
    ownCpuMs: 0,
  };
});
const majors = seconds
  .filter((second) => second % 4 === 3)
  .map((second) => ({
    timeMs: startedAtMs + second * 1000,
    usedBytes: liveBytes(second),
    externalBytes: 2 * MB,
    pauseMs: 15,
    forced: false,
  }));

const recording: Recording = {
  schema: "plimsoll.recording/1",
  command: "node server.js",
  startedAtMs,
  endedAtMs: startedAtMs + 60_000,
  limit: { bytes: 512 * MB, source: "--limit" },
  own: { cpuMs: 0, rssBytes: 0, inTargetCpuMs: 0 },
  processes: [
    {
      pid: 4121,
      parentPid: 1,
      name: "node server.js",
      observed: true,
      startedAtMs,
      peakRssBytes: 99 * MB,
      resident: samples.map(({ timeMs, rssBytes }) => ({ timeMs, rssBytes })),
      threads: [
        {
          threadId: 0,
          startedAtMs,
          heapLimitBytes: 2096 * MB,
          samples,
          majors,
          minorCount: 0,
          gcPauseMs: 0,
          gcObservedMs: 0,
          profiles: [],
          troubles: [],
        },
      ],
    },
  ],
};

const diagnosis = diagnose(recording);
console.log(diagnosis.verdict.sentence);
console.log(diagnosis.verdict.evidence.join("\n"));
console.log(renderTerminal(buildReport(recording, diagnosis), { color: false, columns: 100 }));
