import { describe, expect, it } from "vitest";
import { diagnose } from "../../../src/diagnose/diagnose.ts";
import type { Diagnosis } from "../../../src/diagnose/finding.ts";
import type { ExperimentResult, ProcessRecording } from "../../../src/monitor/remote/recording.ts";
import {
  accountAt,
  buildProcess,
  buildRecording,
  MB,
  type Program,
  type RegionCourse,
  regionsAt,
  START_MS,
} from "../recording-builder.ts";

const SECONDS = 40;
const BASE = { brk: 5, "v8-page": 10, file: 30 } as const satisfies RegionCourse;
/** RSS outside V8 that rises by 3 MB/s. */
const rest = (s: number): number => (35 + 3 * s) * MB;

/** A process whose rest grows, with what else is known of it. */
function growing(more: Partial<ProcessRecording>, program: Partial<Program> = {}): ProcessRecording {
  return { ...buildProcess(100, { seconds: SECONDS, garbage: () => 0, rest, ...program }), ...more };
}

/** Readings at 4 and at 38 s. */
function grown(kinds: RegionCourse, from: RegionCourse = {}): Pick<ProcessRecording, "regions"> {
  return { regions: [regionsAt(4, { ...BASE, ...from }), regionsAt(38, { ...BASE, ...kinds })] };
}

const judge = (process: ProcessRecording): Diagnosis => diagnose(buildRecording(process));
const why = ({ verdict }: Diagnosis, kind: string): string | undefined =>
  verdict.ruledOut.find((each) => each.kind === kind)?.why;

describe("native", () => {
  const small = growing({ ...grown({ brk: 107 }), allocator: [accountAt(5, 4, 1), accountAt(38, 104, 2)] });

  it("is claimed where glibc's in-use bytes grow with RSS", () => {
    const { verdict, growth } = judge(small);
    expect(verdict).toMatchObject({ kind: "native", leak: true });
    expect(verdict.sentence).toMatch(/in small blocks/);
    expect(growth[0]?.bytesPerSecond).toBeCloseTo(3 * MB, -5.5);
    expect(verdict.confidence).toBeGreaterThan(0.7);
  });

  it("says that blocks are large where their mappings grow", () => {
    const large = growing({
      ...grown({ anonymous: 102 }),
      allocator: [accountAt(5, 4, 1), accountAt(38, 4, 1, 100)],
    });
    expect(judge(large).verdict.sentence).toMatch(/in large blocks/);
  });

  it("lists the native libraries and accuses none", () => {
    const addon = { path: "a/b.node", isAddon: true, packageName: "b", packageVersion: "1.2.3", rssBytes: MB };
    const { verdict } = judge({ ...small, modules: [addon] });
    expect(verdict.evidence).toContain("native libraries loaded, none of them accused: b@1.2.3 (b.node)");
  });

  it("rules its neighbours out with figures", () => {
    const diagnosis = judge(small);
    for (const kind of ["allocator-retained", "mappings", "workers", "mapped-files"]) {
      expect(why(diagnosis, kind)).toMatch(/\+[\d.]+ .*B of \+[\d.]+ MB .*explains it/);
    }
  });

  it("is left open without glibc's account, and what is needed is said", () => {
    const { verdict } = judge(growing({ ...grown({ brk: 107 }), allocatorAbsence: "no koffi" }));
    expect(verdict).toMatchObject({ kind: "undetermined", leak: false });
    expect(verdict.sentence).toMatch(
      /unknown between held native memory and memory that the allocator retains.*no koffi/,
    );
  });

  it("does not take Buffers for native memory", () => {
    const buffers = growing(
      { ...grown({ brk: 107 }), allocator: [accountAt(5, 4, 1), accountAt(38, 104, 2)] },
      { rest: () => 35 * MB, buffers: (s) => 3 * s * MB },
    );
    expect(judge(buffers).verdict.kind).toBe("buffers");
  });
});

describe("allocator-retained", () => {
  const fragmented = growing({ ...grown({ brk: 107 }), allocator: [accountAt(5, 4, 1), accountAt(38, 5, 101)] });

  it("is no leak, however fast it grows", () => {
    const { verdict } = judge(fragmented);
    expect(verdict).toMatchObject({ kind: "allocator-retained", leak: false });
    expect(verdict.sentence).toMatch(/fragmentation/);
  });

  it("tells arenas of threads, and gives MALLOC_ARENA_MAX as next step", () => {
    const arenas = growing({
      ...grown({ "malloc-arena": [102, 8] }),
      allocator: [accountAt(5, 4, 1), accountAt(38, 5, 101)],
    });
    const { verdict } = judge(arenas);
    expect(verdict.sentence).toMatch(/arenas of threads/);
    expect(verdict.next[0]).toMatch(/MALLOC_ARENA_MAX=2/);
  });

  it("gives what a trim was measured to bring", () => {
    const reading = { heapUsedBytes: 0, heapTotalBytes: 0, externalBytes: 0, arrayBuffersBytes: 0 };
    const trim: ExperimentResult = {
      threadId: 0,
      outcome: "done",
      name: "trim",
      timeMs: START_MS + 39_000,
      pauseMs: 7,
      before: { ...reading, rssBytes: 221 * MB },
      after: { ...reading, rssBytes: 53 * MB },
    };
    const { verdict } = judge({ ...fragmented, experiments: [trim] });
    expect(verdict.evidence.join("\n")).toMatch(/malloc_trim gave back 168 MB in 7 ms/);
  });

  it("is said of a level that stays high, too", () => {
    const level = growing(
      {
        regions: [4, 20, 38].map((s) => regionsAt(s, { ...BASE, brk: 155 })),
        allocator: [accountAt(5, 4, 151), accountAt(38, 5, 150)],
      },
      { rest: () => 185 * MB },
    );
    expect(judge(level).verdict).toMatchObject({ kind: "allocator-retained", leak: false });
  });
});

describe("mappings", () => {
  it("are claimed where neither V8 nor malloc explains anonymous regions", () => {
    const direct = growing({ ...grown({ anonymous: 102 }), allocator: [accountAt(5, 4, 1), accountAt(38, 4, 1)] });
    expect(judge(direct).verdict).toMatchObject({ kind: "mappings", leak: true });
  });

  it("are claimed by their number alone, with the time until the kernel refuses more", () => {
    const many = growing(grown({ anonymous: [10, 34_000] }), { rest: () => 35 * MB });
    const { verdict } = judge(many);
    expect(verdict).toMatchObject({ kind: "mappings", leak: true });
    expect(verdict.sentence).toMatch(/1000 regions\/s, and the kernel's limit is 32 s away/);
  });
});

describe("workers", () => {
  it("are claimed where V8 pages grow that no observed heap explains", () => {
    const blocked = growing({
      ...grown({ "v8-page": [110, 400] }),
      workers: { started: 1, observed: 0, unobserved: 1 },
    });
    const { verdict } = judge(blocked);
    expect(verdict).toMatchObject({ kind: "workers", leak: true });
    expect(verdict.sentence).toMatch(/of a worker that cannot be asked/);
    expect(verdict.confidence).toBeLessThanOrEqual(0.85);
  });

  it("are named where one has stopped answering", () => {
    const process = growing(grown({ "v8-page": [110, 400] }));
    const [main] = process.threads;
    if (main === undefined) throw new Error("no thread");
    const silent = { ...main, threadId: 7, samples: main.samples.slice(0, 2), majors: [], profiles: [] };
    const { verdict } = judge({ ...process, threads: [main, silent] });
    expect(verdict).toMatchObject({ kind: "workers", leak: true });
    expect(verdict.sentence).toMatch(/of worker 7, which does not answer/);
  });

  it("are claimed where their number grows, whatever each of them holds", () => {
    const process = growing(grown({ brk: 60, "v8-page": 50 }));
    const [main] = process.threads;
    if (main === undefined) throw new Error("no thread");
    const others = Array.from({ length: 30 }, (_, i) => ({
      ...main,
      threadId: i + 1,
      startedAtMs: START_MS + i * 1300,
      samples: [],
      majors: [],
      profiles: [],
    }));
    const { verdict } = judge({ ...process, threads: [main, ...others] });
    expect(verdict).toMatchObject({ kind: "workers", leak: true });
    expect(verdict.sentence).toMatch(/30 live/);
  });
});

describe("wasm", () => {
  const external = (s: number): number => (2 + 3 * s) * MB;

  it("is told from external strings by its regions", () => {
    const memories = growing(grown({ "wasm-memory": 102 }), { rest: () => 35 * MB, external });
    expect(judge(memories).verdict).toMatchObject({ kind: "wasm", leak: true });
    const strings = growing(grown({ anonymous: 102 }), { rest: () => 35 * MB, external });
    expect(judge(strings).verdict).toMatchObject({ kind: "external", leak: true });
  });

  it("calls a high-water mark no leak", () => {
    const mark = growing(grown({ "wasm-memory": 100 }), {
      rest: () => 35 * MB,
      external: (s) => (s < 8 ? 2 : 102) * MB,
    });
    expect(judge(mark).verdict).toMatchObject({ kind: "wasm", leak: false });
  });
});

describe("mapped-files", () => {
  it("are no leak", () => {
    expect(judge(growing(grown({ file: 132 }))).verdict).toMatchObject({ kind: "mapped-files", leak: false });
  });
});

describe("compiled-code", () => {
  const heapAt = (s: number, contexts: number, codeMegabytes: number) => ({
    timeMs: START_MS + s * 1000,
    spaces: [{ name: "old_space", usedBytes: (5 + 2 * s) * MB, sizeBytes: (5 + 2 * s) * MB }],
    mallocedBytes: 0,
    nativeContexts: contexts,
    detachedContexts: 0,
    globalHandlesBytes: 0,
    code: { codeBytes: codeMegabytes * MB, bytecodeBytes: 0, externalSourceBytes: 0 },
  });
  const times = [3, 6, 9, 13, 18, 25, 33];

  function withHeap(read: (s: number) => ReturnType<typeof heapAt>): ProcessRecording {
    const process = growing({}, { rest: () => 35 * MB, heap: (s) => (5 + 2 * s) * MB });
    return { ...process, threads: process.threads.map((thread) => ({ ...thread, heap: times.map(read) })) };
  }

  it("is told from objects by contexts that grow in number, or by the share of code", () => {
    expect(judge(withHeap((s) => heapAt(s, 2 + 10 * s, 1))).verdict).toMatchObject({
      kind: "compiled-code",
      leak: true,
    });
    expect(judge(withHeap((s) => heapAt(s, 1, s))).verdict).toMatchObject({ kind: "compiled-code", leak: true });
    expect(judge(withHeap((s) => heapAt(s, 1, 1))).verdict).toMatchObject({ kind: "js-heap", leak: true });
  });

  it("is told by modules under ever new names, unless they are few for what the heap grows by", () => {
    const modules = (perSecond: number) => (s: number) => ({ ...heapAt(s, 1, 1), modules: 20 + perSecond * s });
    const { verdict } = judge(withHeap(modules(30)));
    expect(verdict).toMatchObject({ kind: "compiled-code", leak: true });
    expect(verdict.sentence).toMatch(/^Modules that are loaded under ever new names grow the heap/);
    expect(judge(withHeap(modules(3))).verdict.kind).toBe("js-heap");
  });
});

describe("weakref-held", () => {
  it("is claimed only where ending a turn has shown it", () => {
    const process = growing({}, { rest: () => 35 * MB, heap: (s) => (5 + 2 * s) * MB });
    const reading = (heapUsedMegabytes: number) => ({
      rssBytes: 200 * MB,
      heapUsedBytes: heapUsedMegabytes * MB,
      heapTotalBytes: 0,
      externalBytes: 0,
      arrayBuffersBytes: 0,
    });
    const turn: ExperimentResult = {
      threadId: 0,
      outcome: "done",
      name: "turn",
      timeMs: START_MS + 39_000,
      pauseMs: 60,
      before: reading(90),
      collected: reading(80),
      after: reading(6),
    };
    expect(judge(process).verdict.kind).toBe("js-heap");
    expect(judge({ ...process, experiments: [turn] }).verdict).toMatchObject({ kind: "weakref-held", leak: true });
    const kept = { ...turn, after: reading(78) };
    expect(judge({ ...process, experiments: [kept] }).verdict.kind).toBe("js-heap");
  });
});

describe("a process that is seen from outside only", () => {
  const outside = (more: Partial<ProcessRecording>): ProcessRecording => ({
    ...growing(more),
    observed: false,
    threads: [],
  });

  it("is not accused of what cannot be told apart from outside", () => {
    const pages = judge(outside(grown({ "v8-page": 112 }))).verdict;
    expect(pages).toMatchObject({ kind: "undetermined", leak: false });
    expect(pages.sentence).toMatch(/unknown between objects that the main thread keeps, those of a worker/);
    expect(judge(outside(grown({ brk: 107 }))).verdict.sentence).toMatch(/unknown between held native memory/);
  });

  const faults = (main: number, other: number, helper = 900) => ({
    threadFaults: [
      { id: 100, faults: main },
      { id: 102, faults: helper, isHelper: true },
      { id: 107, faults: other },
      { id: 109, faults: 900 },
    ],
  });
  const filledBy = (main: number, other: number, helper?: number): Diagnosis =>
    judge(
      outside({
        regions: [
          regionsAt(4, BASE, faults(2_000, 1_000)),
          regionsAt(38, { ...BASE, "v8-page": 112 }, faults(main, other, helper)),
        ],
      }),
    );

  it("is told whose heap grows by who touches its pages first", () => {
    const worker = filledBy(2_040, 27_000).verdict;
    expect(worker).toMatchObject({ kind: "workers", leak: true });
    expect(worker.evidence.join()).toMatch(
      /the main thread touched 160 KB first, V8's helper threads 0 B, the busiest other thread 102 MB/,
    );
    const main = filledBy(27_000, 4_000).verdict;
    expect(main).toMatchObject({ kind: "js-heap", leak: true });
    expect(main.next.join()).toContain("`plimsoll watch 100 --attach`");
    expect(Math.max(worker.confidence, main.confidence)).toBeLessThanOrEqual(0.75);
  });

  it("bills what V8's helpers touch, who collect for every heap, to whom fills it, and to none alone", () => {
    expect(filledBy(13_000, 1_100, 14_000).verdict).toMatchObject({ kind: "js-heap", leak: true });
    expect(filledBy(2_040, 12_000, 14_000).verdict).toMatchObject({ kind: "workers", leak: true });
    expect(filledBy(2_040, 1_100, 27_000).verdict).toMatchObject({ kind: "undetermined", leak: false });
    expect(filledBy(13_000, 12_000, 14_000).verdict).toMatchObject({ kind: "undetermined", leak: false });
  });

  it("is left open where both are busy, or huge pages hide who it was, and how to look inside is said", () => {
    for (const { verdict } of [filledBy(30_000, 27_000), filledBy(2_040, 1_100)]) {
      expect(verdict).toMatchObject({ kind: "undetermined", leak: false });
      expect(verdict.next.join()).toContain("plimsoll watch 100 --attach");
    }
  });

  it("is accused only once V8 has had time to collect", () => {
    const regions = [
      regionsAt(4, BASE, faults(2_000, 1_000)),
      regionsAt(16, { ...BASE, "v8-page": 46 }, faults(2_040, 10_000)),
    ];
    const young = buildProcess(100, { seconds: 18, garbage: () => 0, rest });
    const { verdict } = judge({ ...young, regions, observed: false, threads: [] });
    expect(verdict).toMatchObject({ kind: "undetermined", leak: false });
    expect(verdict.sentence).toMatch(
      /the heap of a worker grows, but seen from outside garbage looks like objects: needs about \d+ s more/,
    );
  });

  it("claims little of a level that was seen for a moment", () => {
    const flat = buildProcess(100, { seconds: 14, garbage: () => 0, rest: () => 35 * MB });
    const { verdict } = judge({ ...flat, observed: false, threads: [] });
    expect(verdict.kind).toBe("healthy");
    expect(verdict.confidence).toBeLessThan(0.5);
  });

  it("is judged by what can be told", () => {
    expect(judge(outside(grown({ file: 132 }))).verdict).toMatchObject({ kind: "mapped-files", leak: false });
    expect(judge(outside(grown({ anonymous: [102, 20_000] }))).verdict).toMatchObject({ kind: "mappings", leak: true });
    expect(judge(outside(grown({ "wasm-memory": 102 }))).verdict).toMatchObject({ kind: "wasm", leak: true });
  });

  it("is what an observed process becomes whose main thread no longer answers", () => {
    const process = growing(grown({ "v8-page": 112 }));
    const silent = {
      ...process,
      threads: process.threads.map((thread) => ({ ...thread, samples: thread.samples.slice(0, 4), majors: [] })),
    };
    expect(judge(silent).verdict.sentence).toMatch(/the main thread has not answered for 38 s/);
    const filled = grown({ "v8-page": 112 }).regions?.map((sample, i) => ({
      ...sample,
      ...faults(2_000 + 25_000 * i, 1_000),
    }));
    const { verdict } = judge({ ...silent, ...(filled && { regions: filled }) });
    expect(verdict).toMatchObject({ kind: "js-heap", leak: true });
    expect(verdict.sentence).toMatch(/in a turn of its event loop that does not end: .* WeakRef targets/);
    // Last words at its end do not undo a silence.
    const last = process.threads[0]?.samples.at(-1);
    if (!last) throw new Error("no sample");
    const ended = silent.threads.map((thread) => ({
      ...thread,
      samples: [...thread.samples, { ...last, timeMs: START_MS + SECONDS * 1000 + 900 }],
    }));
    expect(judge({ ...silent, threads: ended, ...(filled && { regions: filled }) }).verdict.kind).toBe("js-heap");
  });
});
