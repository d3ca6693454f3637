/**
 * Ends in words, told apart by evidence: the killer's counters, the last sizes seen, and last words.
 */
import { describe, expect, it } from "vitest";
import { explainExit } from "../../../src/diagnose/report/exit-cause.ts";
import type {
  CgroupAccount,
  ExitRecord,
  OomComparison,
  ProcessRecording,
  Recording,
} from "../../../src/monitor/remote/recording.ts";
import { buildProcess, buildRecording, MB, START_MS } from "../recording-builder.ts";

const GROUP: CgroupAccount = { path: "/x", directory: "/cg/x", version: 1, limitBytes: 256 * MB, hits: 3, kills: 0 };
const END_MS = START_MS + 10_400;

interface Setting extends Partial<Pick<ProcessRecording, "oom" | "workerFatals">> {
  readonly heapMb?: number;
  readonly lastRssMb?: number;
  readonly limitMb?: number | null;
  readonly rootFatal?: { readonly name: string; readonly code?: string; readonly isAllocation?: boolean };
}

/** A program of 10 s whose heap may take 100 MB. */
function died(exit: ExitRecord | undefined, setting: Setting = {}): Recording {
  const { heapMb = 5, lastRssMb, limitMb = 512, oom, workerFatals, rootFatal } = setting;
  const root = buildProcess(100, { seconds: 10, heap: () => heapMb * MB, garbage: () => 0 });
  const [main] = root.threads;
  root.endedAtMs = END_MS;
  Object.assign(main ?? {}, { oldSpaceLimitBytes: 100 * MB });
  if (main && rootFatal) main.fatal = { timeMs: END_MS - 10, ...rootFatal };
  if (main && rootFatal) main.endedAtMs = END_MS;
  if (lastRssMb !== undefined) root.lastReading = { timeMs: END_MS - 50, rssBytes: lastRssMb * MB };
  if (oom) root.oom = oom;
  if (workerFatals) root.workerFatals = workerFatals;
  const recording = buildRecording(root);
  recording.limit = { bytes: limitMb === null ? null : limitMb * MB, source: "--limit" };
  recording.endedAtMs = END_MS;
  if (exit) recording.exit = exit;
  return recording;
}

function compare(
  before: Partial<CgroupAccount>,
  after: Partial<CgroupAccount>,
  machine?: [number, number],
): OomComparison {
  const account = (timeMs: number, group: Partial<CgroupAccount>, machineKills: number | undefined) => ({
    timeMs,
    groups: [{ ...GROUP, ...group }],
    ...(machineKills === undefined ? {} : { machineKills }),
  });
  return { before: account(END_MS - 900, before, machine?.[0]), after: account(END_MS, after, machine?.[1]) };
}

function machineOnly(before: number, after: number): OomComparison {
  return {
    before: { timeMs: END_MS - 900, groups: [], machineKills: before },
    after: { timeMs: END_MS, groups: [], machineKills: after },
  };
}

const killed: ExitRecord = { code: null, signal: "SIGKILL" };
const aborted: ExitRecord = { code: null, signal: "SIGABRT" };

describe("an end by code or by a signal that was meant", () => {
  it.each([
    [{ code: 0, signal: null }, "ended with code 0"],
    [{ code: 3, signal: null }, "ended with code 3"],
    [{ code: 250, signal: null }, "ended with code 250"],
    [{ code: null, signal: "SIGINT" }, "ended by SIGINT (Ctrl-C)"],
    [{ code: 130, signal: null }, "ended by code 130, SIGINT (Ctrl-C)"],
    [{ code: null, signal: "SIGTERM" }, "ended by SIGTERM (asked to stop)"],
    [{ code: null, signal: "SIGHUP" }, "ended by SIGHUP"],
    [undefined, "its end was not seen"],
  ])("%o", (exit, words) => {
    expect(explainExit(died(exit))).toMatchObject({ cause: words, outOfMemory: false });
  });

  it("names the error that nobody caught, and whether it was for memory", () => {
    const exit = { code: 1, signal: null };
    expect(explainExit(died(exit, { rootFatal: { name: "TypeError", code: "ERR_X" } }))).toMatchObject({
      cause: "ended with code 1: nobody caught the TypeError (ERR_X)",
      outOfMemory: false,
    });
    const allocation = { name: "RangeError", isAllocation: true };
    expect(explainExit(died(exit, { rootFatal: allocation }))).toMatchObject({
      cause: "ended with code 1: memory could not be allocated, and nobody caught the RangeError",
      outOfMemory: true,
    });
    expect(explainExit(died({ code: 9, signal: null }, { rootFatal: allocation })).cause).toBe("ended with code 9");
  });

  it("says that a fault in native code is one, with what was held", () => {
    const { kind, cause } = explainExit(died({ code: 139, signal: null }, { lastRssMb: 80 }));
    expect(kind).toBe("crash");
    expect(cause).toBe("crashed with code 139, SIGSEGV: a fault in native code; the program held 80 MB 0.05 s before");
  });
});

describe("an abort", () => {
  it("is V8's when the heap was near its limit", () => {
    expect(explainExit(died(aborted, { heapMb: 90 }))).toEqual({
      kind: "heap-limit",
      outOfMemory: true,
      cause: "V8 heap out of memory (code 134, SIGABRT): 90 MB of its limit of 100 MB were in use 0.4 s before",
    });
  });

  it("is most likely V8's when the heap can have grown to it since its last word", () => {
    const { kind, cause } = explainExit(died(aborted, { heapMb: 20, lastRssMb: 127 }));
    expect(kind).toBe("heap-limit");
    expect(cause).toContain("most likely V8 heap out of memory");
    expect(cause).toContain("its heap of 20 MB can have grown to 90 MB in its last 0.4 s");
  });

  it("is not V8's when it was far from it", () => {
    const { kind, cause } = explainExit(died(aborted));
    expect(kind).toBe("abort");
    expect(cause).toContain("V8's heap was not full: 5 MB of 100 MB were in use 0.4 s before");
  });

  it("stays open when nothing was seen from inside", () => {
    const recording = died(aborted);
    recording.processes[0]?.threads.splice(0);
    expect(explainExit(recording).cause).toBe(
      "aborted (code 134, SIGABRT): V8 heap out of memory, or a failed check in Node or an addon",
    );
  });

  it("is what Node's own crash report says, where there is one", () => {
    const recording = died(aborted);
    recording.crash = "Allocation failed - JavaScript heap out of memory";
    expect(explainExit(recording)).toMatchObject({ kind: "heap-limit", outOfMemory: true });
    recording.crash = "invalid table size";
    expect(explainExit(recording)).toMatchObject({ kind: "abort", outOfMemory: false });
  });

  it("by SIGTRAP is a check in V8", () => {
    expect(explainExit(died({ code: 133, signal: null })).cause).toContain("one array or map outgrows what V8 allows");
  });
});

describe("SIGKILL", () => {
  it("is the kernel's when it has counted a kill, with the limit that was full", () => {
    const oom = compare({}, { hits: 9, kills: 1, peakBytes: 256 * MB });
    expect(explainExit(died(killed, { oom, lastRssMb: 251 }))).toEqual({
      kind: "oom-killer",
      outOfMemory: true,
      cause:
        "killed by the kernel's out-of-memory killer: cgroup /x reached its 256 MB limit (oom_kill 0 → 1); the program held 251 MB 0.05 s before",
    });
  });

  it("is the kernel's for the machine's sake when no limit was full", () => {
    const oom = compare({}, { kills: 1, peakBytes: 30 * MB }, [14, 15]);
    expect(explainExit(died(killed, { oom })).cause).toContain(
      "the machine, or a cgroup out of sight, ran out of memory (cgroup /x: oom_kill 0 → 1)",
    );
  });

  it("names the cgroup above whose limit was full", () => {
    const oom = compare({ limitBytes: 400 * MB }, { kills: 1, limitBytes: 400 * MB, peakBytes: 200 * MB });
    const above: CgroupAccount = { path: "/", directory: "/cg", version: 2, limitBytes: 256 * MB, ooms: 4 };
    const withAbove: OomComparison = {
      before: { ...oom.before, groups: [...oom.before.groups, above] },
      after: { ...oom.after, groups: [...oom.after.groups, { ...above, ooms: 5 }] },
    };
    expect(explainExit(died(killed, { oom: withAbove })).cause).toContain(
      "cgroup / reached its 256 MB limit (oom_kill 0 → 1 in cgroup /x)",
    );
  });

  it("is somebody else's when the kernel has counted none, however full the memory was", () => {
    for (const oom of [compare({}, { hits: 9 }, [14, 15]), machineOnly(14, 14)]) {
      const { kind, cause, outOfMemory } = explainExit(died(killed, { oom, lastRssMb: 511 }));
      expect(kind).toBe("killed");
      expect(outOfMemory).toBe(false);
      expect(cause).toContain("from someone else than the kernel's out-of-memory killer");
    }
  });

  it("is most likely the kernel's when only the machine's count is known, and rose", () => {
    const { kind, cause } = explainExit(died(killed, { oom: machineOnly(14, 15) }));
    expect(kind).toBe("oom-killer");
    expect(cause).toContain(
      "most likely by the kernel's out-of-memory killer: the machine's oom_kill rose from 14 to 15",
    );
  });

  it("stays open without counters, leaning on how near the limit was", () => {
    expect(explainExit(died(killed)).cause).toMatch(
      /– the kernel's out-of-memory killer or someone else: .*cannot be read/,
    );
    expect(explainExit(died({ code: 137, signal: null }, { lastRssMb: 500 })).cause).toContain(
      "killed by code 137, SIGKILL – most likely the kernel's out-of-memory killer",
    );
    expect(explainExit(died(killed, { lastRssMb: 500, limitMb: null })).cause).toContain("or someone else");
  });

  it("with the watcher's own is told from the counters alone, in the same words", () => {
    const oom = compare({}, { hits: 9, kills: 2, peakBytes: 256 * MB });
    expect(explainExit(died(undefined, { oom, lastRssMb: 251 })).cause).toMatch(
      /^killed by the kernel's out-of-memory killer: cgroup \/x reached its 256 MB limit \(oom_kill 0 → 2\); .*watcher was killed too$/,
    );
    const spared = explainExit(died(undefined, { oom: compare({}, {}) }));
    expect(spared.kind).toBe("unseen");
    expect(spared.cause).toContain("it was not the kernel's out-of-memory killer");
  });
});

describe("what the command had started", () => {
  const child = (more: Partial<ProcessRecording>, heapMb = 5): ProcessRecording => {
    const one = buildProcess(101, { seconds: 10, heap: () => heapMb * MB, garbage: () => 0 });
    for (const thread of one.threads) Object.assign(thread, { oldSpaceLimitBytes: 100 * MB });
    return { ...one, name: "node child.js", endedAtMs: END_MS - 5_000, ...more };
  };
  const withChild = (exit: ExitRecord, one: ProcessRecording): Recording => {
    const recording = died(exit);
    recording.processes.push(one);
    return recording;
  };
  const ended: ExitRecord = { code: 0, signal: null };

  it("a child that the kernel killed", () => {
    const one = child({ oom: compare({}, { hits: 9, kills: 1, peakBytes: 256 * MB }) });
    expect(explainExit(withChild(ended, one))).toMatchObject({ kind: "code", outOfMemory: true });
    expect(explainExit(withChild(ended, one)).cause).toMatch(
      /^ended with code 0; its child node child\.js \(pid 101\) was killed by the kernel's out-of-memory killer: cgroup/,
    );
  });

  it("a child whose heap was full, but not one that was merely stopped or said farewell", () => {
    expect(explainExit(withChild(ended, child({}, 90))).cause).toContain(
      "ended without a word, by V8 heap out of memory",
    );
    expect(explainExit(withChild(ended, child({}))).cause).toBe("ended with code 0");
    const polite = child({}, 90);
    for (const thread of polite.threads) thread.exitCode = 0;
    expect(explainExit(withChild(ended, polite)).cause).toBe("ended with code 0");
  });

  it("is whom a shell's 134 and 137 are about", () => {
    const shell = died({ code: 134, signal: null });
    Object.assign(shell.processes[0] ?? {}, { observed: false, threads: [], name: "sh" });
    shell.processes.push(child({}, 90));
    expect(explainExit(shell).cause).toContain("V8 heap out of memory");
    shell.exit = { code: 137, signal: null };
    expect(explainExit(shell).cause).toContain("node child.js (pid 101) held");
  });

  it("a worker, with its limit, also when nobody recorded it", () => {
    const fatal = { timeMs: START_MS + 9_700, name: "Error", code: "ERR_WORKER_OUT_OF_MEMORY", workerId: 1 };
    expect(explainExit(died(ended, { workerFatals: [fatal] })).cause).toBe(
      "ended with code 0; its worker 1 ran out of memory (ERR_WORKER_OUT_OF_MEMORY)",
    );
    const recording = died(ended, { workerFatals: [fatal, { ...fatal, code: "ERR_OTHER" }] });
    const worker = buildProcess(1, { seconds: 9.5, threadId: 1, heap: () => 19 * MB, garbage: () => 0 }).threads[0];
    if (worker) recording.processes[0]?.threads.push({ ...worker, workerLimitBytes: 20 * MB });
    expect(explainExit(recording)).toMatchObject({
      outOfMemory: true,
      cause:
        "ended with code 0; its worker 1 ran out of memory (ERR_WORKER_OUT_OF_MEMORY): its heap may take 20 MB, 19 MB were in use 0.2 s before",
    });
  });
});
