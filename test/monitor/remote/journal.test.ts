/** The journal gives back what was recorded, however the watcher ended. */
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PlimsollError } from "../../../src/base/errors.ts";
import { JOURNAL_FILE } from "../../../src/monitor/remote/journal-lines.ts";
import { readJournal } from "../../../src/monitor/remote/journal-reader.ts";
import { Journal } from "../../../src/monitor/remote/journal.ts";
import type { ProcessRecording, Recording, ThreadRecording } from "../../../src/monitor/remote/recording.ts";

let dir: string;
let file: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "plimsoll-journal-"));
  file = join(dir, JOURNAL_FILE);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function startRecording(): Recording {
  return {
    schema: "plimsoll.recording/1",
    command: "node server.js",
    startedAtMs: 0,
    limit: { bytes: null, source: "no limit applies" },
    processes: [],
    own: { cpuMs: 0, rssBytes: 0, inTargetCpuMs: 0 },
  };
}

function startProcess(pid: number, timeMs: number): ProcessRecording {
  return {
    pid,
    parentPid: 1,
    name: "node",
    observed: false,
    startedAtMs: timeMs,
    peakRssBytes: 0,
    resident: [],
    threads: [],
  };
}

function startThread(threadId: number, timeMs: number): ThreadRecording {
  return {
    threadId,
    startedAtMs: timeMs,
    heapLimitBytes: 1,
    samples: [],
    majors: [],
    minorCount: 0,
    gcPauseMs: 0,
    gcObservedMs: 0,
    profiles: [],
    troubles: [],
  };
}

const STEPS = [
  "process",
  "thread",
  "resident",
  "sample",
  "major",
  "profile",
  "trouble",
  "regions",
  "heap",
  "ledger",
  "end thread",
  "end process",
  "write",
] as const;

/** One thing that happens to a recording. */
function happen(recording: Recording, step: (typeof STEPS)[number], timeMs: number): void {
  const process = recording.processes.at(-1);
  const thread = process?.threads.at(-1);
  const collection = { timeMs, usedBytes: timeMs, externalBytes: 0, pauseMs: 1, forced: true };
  recording.own.cpuMs = timeMs;
  if (step === "process") recording.processes.push(startProcess(recording.processes.length + 10, timeMs));
  else if (step === "thread") process?.threads.push(startThread(process.threads.length, timeMs));
  else if (step === "resident" && process) {
    process.peakRssBytes = timeMs;
    process.resident.push({ timeMs, rssBytes: timeMs });
  } else if (step === "sample" && thread) {
    const zero = {
      heapTotalBytes: 0,
      externalBytes: 0,
      arrayBuffersBytes: 0,
      mallocedBytes: 0,
      requests: 0,
      cpuMs: 0,
      ownCpuMs: 0,
    };
    thread.samples.push({ timeMs, rssBytes: timeMs, heapUsedBytes: timeMs, ...zero });
  } else if (step === "major" && thread) {
    thread.gcPauseMs++;
    thread.majors.push(collection);
  } else if (step === "profile") {
    const rest = { sinceMs: 0, samplingIntervalBytes: 1, precise: false, sites: [], totalBytes: 0 };
    thread?.profiles.push({ timeMs, collection, ...rest });
  } else if (step === "trouble") thread?.troubles.push(`trouble ${timeMs}`);
  else if (step === "regions" && process) {
    const module = { path: "addon.node", isAddon: true, rssBytes: timeMs };
    const counts = { regionCount: 1, v8OrdinaryPages: 0, kinds: {}, largest: [], filesRssBytes: {}, threadNames: {} };
    process.regions = [...(process.regions ?? []), { timeMs, readMs: 1, rssBytes: timeMs, ...counts }].slice(-3);
    process.modules = [module];
  } else if (step === "heap" && thread) {
    const counts = { mallocedBytes: 0, nativeContexts: 1, detachedContexts: 0, globalHandlesBytes: 0 };
    thread.heap = [...(thread.heap ?? []), { timeMs, spaces: [], ...counts }].slice(-3);
  } else if (step === "ledger" && thread) {
    const totals = [{ name: "handle", live: timeMs, created: timeMs }];
    thread.ledger = [...(thread.ledger ?? []).slice(0, 1), { timeMs, totals, places: [] }];
    thread.ledgerCourse = [...(thread.ledgerCourse ?? []), { timeMs, totals }].slice(-3);
  } else if (step === "end thread" && thread) thread.endedAtMs ??= timeMs;
  else if (step === "end process" && process) process.endedAtMs ??= timeMs;
}

describe("Journal", () => {
  it("gives any recording back as it was at the last write", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...STEPS), { maxLength: 80 }), (steps) => {
        const recording = startRecording();
        const journal = Journal.open(dir, recording);
        steps.forEach((step, index) => (step === "write" ? journal.write() : happen(recording, step, index + 1)));
        recording.endedAtMs = steps.length + 1;
        recording.exit = { code: 3, signal: null };
        journal.close();
        expect(journal.failure).toBeUndefined();
        expect(readJournal(dir)).toEqual({ recording, watcherPid: process.pid });
      }),
      { numRuns: 200 },
    );
  });

  it("passes over a torn last line, and goes on after one", () => {
    const recording = startRecording();
    const journal = Journal.open(dir, recording);
    happen(recording, "process", 1);
    happen(recording, "resident", 2);
    journal.write();
    const expected = structuredClone(recording);
    happen(recording, "resident", 3);
    journal.close();
    const whole = readFileSync(file, "utf8");
    const lastLine = whole.lastIndexOf("\n", whole.length - 2) + 1;
    for (let length = lastLine; length < whole.length - 1; length++) {
      writeFileSync(file, whole.slice(0, length));
      expect(readJournal(dir).recording).toEqual(expected);
    }
    appendFileSync(file, `\n${whole.slice(lastLine)}`);
    expect(readJournal(dir).recording).toEqual(recording);
  });

  it("stays at a few megabytes however long it runs, with a recording that thins itself", () => {
    const recording = startRecording();
    happen(recording, "process", 1);
    happen(recording, "thread", 1);
    const journal = Journal.open(dir, recording);
    let largest = 0;
    // Ten samples a write: as much as a day of one process.
    for (let second = 0; second < 20_000; second++) {
      for (let sample = 0; sample < 10; sample++) happen(recording, "sample", second * 10 + sample + 2);
      const [process] = recording.processes;
      const [thread] = process?.threads ?? [];
      if (thread && thread.samples.length > 2_000)
        thread.samples = thread.samples.filter((_, index) => index % 2 === 1);
      journal.write();
      if (second % 50 === 0) largest = Math.max(largest, statSync(file).size);
    }
    journal.close();
    expect(largest).toBeLessThan(2 * 2 ** 20);
    const [thread] = readJournal(dir).recording.processes[0]?.threads ?? [];
    expect(thread?.samples.at(-1)?.timeMs).toBe(200_001);
  });

  it("is readable by its owner only, and can be removed", () => {
    const journal = Journal.open(dir, startRecording());
    expect(statSync(file).mode & 0o777).toBe(0o600);
    journal.remove();
    expect(statSync(file, { throwIfNoEntry: false })).toBeUndefined();
  });

  it("keeps a failure to itself, and recovers from it", () => {
    const recording = startRecording();
    const gone = join(dir, "gone");
    const journal = Journal.open(gone, recording);
    expect(journal.failure?.message).toContain("ENOENT");
    journal.write();
    expect(journal.failure?.message).toContain("ENOENT");
    mkdirSync(gone);
    journal.close();
    expect(journal.failure).toBeUndefined();
    expect(readJournal(gone).recording).toEqual(recording);
  });

  it.each([
    ["no file", undefined],
    ["an empty file", ""],
    ["another JSON", '{"schema":"plimsoll.report/1"}\n'],
    ["no JSON", "hello\n"],
  ])("is not read from %s", (_, content) => {
    if (content !== undefined) writeFileSync(file, content);
    let thrown: unknown;
    try {
      readJournal(dir);
    } catch (error) {
      thrown = error;
    }
    expect(PlimsollError.is(thrown, "ERR_PLIMSOLL_NO_REPORT")).toBe(true);
  });
});
