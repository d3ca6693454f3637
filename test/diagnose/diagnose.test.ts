import { describe, expect, it } from "vitest";
import { diagnose } from "../../src/diagnose/diagnose.ts";
import { buildProcess, buildRecording, MB, record, site, START_MS } from "./recording-builder.ts";

const rising =
  (perSecond: number, from = 5) =>
  (s: number) =>
    (from + perSecond * s) * MB;

describe("diagnose", () => {
  it("calls a fast leak after 18 s and a slow one within a minute", () => {
    expect(diagnose(record({ seconds: 18.5, heap: rising(3) })).verdict).toMatchObject({ kind: "js-heap", leak: true });
    expect(diagnose(record({ seconds: 57, heap: rising(0.3) })).verdict).toMatchObject({ kind: "js-heap", leak: true });
  });

  it("grows surer with time", () => {
    const at = (seconds: number) => diagnose(record({ seconds, heap: rising(1) })).verdict.confidence;
    expect(at(19)).toBeLessThan(at(34));
    expect(at(34)).toBeLessThan(at(93));
    expect(at(93)).toBeGreaterThan(0.95);
    expect(at(93)).toBeLessThan(1);
  });

  it("says how long it still needs before that", () => {
    const { verdict } = diagnose(record({ seconds: 10, heap: rising(3) }));
    expect(verdict).toMatchObject({ kind: "undetermined", leak: false, confidence: 0 });
    expect(verdict.sentence).toMatch(/needs about \d+ s more/);
  });

  it("says of an ended program that it ended too early", () => {
    const { verdict } = diagnose(record({ seconds: 4, heap: rising(3), ended: true }));
    expect(verdict.sentence).toMatch(/ended after 4 s/);
  });

  it("judges only what was seen until nowMs", () => {
    const recording = record({ seconds: 60, heap: rising(3) });
    expect(diagnose(recording, { nowMs: START_MS + 10_000 }).verdict.kind).toBe("undetermined");
    expect(diagnose(recording).verdict.kind).toBe("js-heap");
  });

  it("takes the fastest channel as headline and lists what follows", () => {
    const { verdict, growth } = diagnose(record({ seconds: 60, heap: rising(2), buffers: rising(0.5, 0) }));
    expect(verdict.kind).toBe("js-heap");
    expect(growth.map((each) => each.kind)).toEqual(["js-heap", "buffers"]);
    expect(verdict.ruledOut.find(({ kind }) => kind === "buffers")?.why).toMatch(/follow/);
    const turned = diagnose(record({ seconds: 60, heap: rising(0.5), buffers: rising(2, 0) }));
    expect(turned.verdict.kind).toBe("buffers");
  });

  it("tells external memory from buffers", () => {
    expect(diagnose(record({ seconds: 60, external: rising(2, 2) })).verdict).toMatchObject({
      kind: "external",
      leak: true,
    });
  });

  it("does not call garbage a leak, and says that a collection brought it back", () => {
    const { verdict } = diagnose(record({ seconds: 60, garbage: (s) => ((s * 20) % 150) * MB }));
    expect(verdict).toMatchObject({ kind: "gc-slack", leak: false });
  });

  it("claims no slack without a major collection", () => {
    const { verdict } = diagnose(record({ seconds: 60, forced: [], garbage: (s) => s * 5 * MB }));
    expect(verdict.kind).toBe("undetermined");
  });

  it("calls a cache that filled a plateau, and what never moved healthy", () => {
    const filled = record({ seconds: 60, heap: (s) => (5 + 4 * Math.min(s, 12)) * MB });
    expect(diagnose(filled).verdict).toMatchObject({ kind: "plateau", leak: false });
    expect(diagnose(record({ seconds: 60 })).verdict).toMatchObject({ kind: "healthy", leak: false });
  });

  it("never calls a filling cache a leak at any second when it fills within 15 s", () => {
    const filled = record({ seconds: 60, heap: (s) => (5 + 4 * Math.min(s, 15)) * MB });
    const accused = Array.from({ length: 60 }, (_, s) => s + 1).filter(
      (s) => diagnose(filled, { nowMs: START_MS + s * 1000 }).verdict.leak,
    );
    expect(accused).toEqual([]);
  });

  it("leaves growth outside V8 open", () => {
    const { verdict, growth } = diagnose(record({ seconds: 60, rest: rising(2, 35) }));
    expect(verdict).toMatchObject({ kind: "undetermined", leak: false });
    expect(verdict.sentence).toMatch(/native memory, mappings or another isolate, not told apart yet/);
    expect(growth[0]?.bytesPerSecond).toBeCloseTo(2 * MB, -4);
  });

  it("finds the leak of a worker, and makes it the headline", () => {
    const process = buildProcess(100, { seconds: 60 }, { seconds: 60, heap: rising(2), threadId: 3 });
    const { verdict, processes } = diagnose(buildRecording(process));
    expect(verdict).toMatchObject({ kind: "workers", leak: true });
    expect(verdict.sentence).toMatch(/^In worker 3, /);
    expect(processes.map((each) => [each.thread, each.verdict.kind])).toEqual([
      [undefined, "healthy"],
      [3, "workers"],
    ]);
  });

  it("calls nothing healthy while the resident set still climbs, nor because another process is", () => {
    const climbing = record({ seconds: 14, garbage: () => 0, rest: (s) => (35 + 3 * s) * MB });
    expect(diagnose(climbing).verdict).toMatchObject({ kind: "undetermined", confidence: 0 });
    const large = buildProcess(100, { seconds: 14, rest: () => 90 * MB, forced: [] });
    const small = buildProcess(101, { seconds: 14 });
    expect(diagnose(buildRecording(small)).verdict.kind).toBe("healthy");
    expect(diagnose(buildRecording(large, small)).verdict.kind).toBe("undetermined");
  });

  it("does not take a worker that is well for its process, nor the main thread for a worker that is open", () => {
    const open = { seconds: 14, forced: [] };
    const well = { seconds: 14 };
    expect(diagnose(buildRecording(buildProcess(100, open, { ...well, threadId: 1 }))).verdict.kind).toBe(
      "undetermined",
    );
    expect(diagnose(buildRecording(buildProcess(100, well, { ...open, threadId: 1 }))).verdict.kind).toBe(
      "undetermined",
    );
  });

  it("prefers the strongest process", () => {
    const slow = buildProcess(100, { seconds: 60, heap: rising(0.5) });
    const fast = buildProcess(101, { seconds: 60, heap: rising(2) });
    expect(diagnose(buildRecording(slow, fast)).growth[0]?.bytesPerSecond).toBeCloseTo(2 * MB, -4);
  });

  it("measures what it could not enter from outside", () => {
    const outside = { ...buildProcess(100, { seconds: 60, garbage: () => 0 }), observed: false, threads: [] };
    expect(diagnose(buildRecording(outside)).verdict).toMatchObject({ kind: "healthy", leak: false });
    const grows = {
      ...buildProcess(100, { seconds: 60, garbage: () => 0, heap: rising(2) }),
      observed: false,
      threads: [],
    };
    expect(diagnose(buildRecording(grows)).verdict).toMatchObject({ kind: "undetermined", leak: false });
  });

  it("gives what each request leaves behind", () => {
    const { growth } = diagnose(record({ seconds: 60, heap: rising(2), requestsPerSecond: 200 }));
    expect(growth[0]?.bytesPerRequest).toBeCloseTo((2 * MB) / 200, -3);
  });

  it("names the function whose allocations stay", () => {
    const sites = (s: number) => [site("warmUp", 3, 6 * MB), site("handler", 12, s * MB)];
    const inlined = diagnose(record({ seconds: 30, heap: rising(1), sites })).growth[0];
    expect(inlined?.where).toEqual({
      file: "/app/src/server.js",
      line: 12,
      function: "handler",
      inlinedInto: "handler",
    });
    const precise = diagnose(record({ seconds: 30, heap: rising(1), sites, preciseFrom: 7 })).growth[0];
    expect(precise?.where).toEqual({ file: "/app/src/server.js", line: 12, function: "handler" });
    expect(precise?.callers?.[0]?.function).toBe("main");
    expect(precise?.holder).toBeUndefined();
  });

  it("names for Buffers whoever had Node allocate them", () => {
    const sites = (s: number) => [
      site("parse", 3, s * 40_000),
      site("keep", 30, s * 20_000, { viaNodeBytes: s * 20_000 }),
    ];
    const { growth } = diagnose(record({ seconds: 30, buffers: rising(4, 0), sites }));
    expect(growth[0]).toMatchObject({ kind: "buffers", where: { function: "keep", line: 30 } });
  });

  it("leaves it open whether a job leaked that lets go of everything at its end, and not for a server", () => {
    const heap = (s: number) => (s > 55.6 ? 4 : 5 + s) * MB;
    const forced = [3, 6, 9, 13, 18, 25, 33, 43, 55.8];
    const ending = (requestsPerSecond: number) => {
      const recording = record({ seconds: 55.9, heap, forced, requestsPerSecond });
      for (const process of recording.processes)
        for (const thread of process.threads) thread.endedAtMs = START_MS + 56_500;
      return diagnose(recording, { ended: true });
    };
    expect(ending(0).verdict).toMatchObject({ kind: "undetermined", leak: false });
    expect(ending(0).verdict.sentence).toMatch(/the working set of a job/);
    expect(ending(0).growth[0]?.kind).toBe("js-heap");
    expect(ending(50).verdict).toMatchObject({ kind: "js-heap", leak: true });
  });

  it("tells when the limit is reached", () => {
    const recording = record({ seconds: 60, heap: rising(4), garbage: () => 0 });
    const { secondsToLimit } = diagnose(recording);
    expect(secondsToLimit).toBeCloseTo((512 - (5 + 4 * 60 + 2 + 35)) / 4, 0);
    expect(diagnose(record({ seconds: 60 })).secondsToLimit).toBeUndefined();
  });

  it("gives every verdict its evidence, next step, what would change it, and what was ruled out", () => {
    const programs = [
      { seconds: 5 },
      { seconds: 60 },
      { seconds: 60, heap: rising(1) },
      { seconds: 60, rest: rising(2, 35) },
      { seconds: 60, garbage: (s: number) => ((s * 20) % 150) * MB },
      { seconds: 60, buffers: (s: number) => Math.min(s, 12) * MB },
    ];
    const kinds = programs.map((program) => {
      const { verdict } = diagnose(record(program));
      expect(verdict.evidence.length).toBeGreaterThan(0);
      expect(verdict.next.length).toBeGreaterThan(0);
      expect(verdict.wouldChange).not.toBe("");
      expect(verdict.ruledOut.map(({ kind }) => kind)).not.toContain(verdict.kind);
      expect(verdict.ruledOut).toHaveLength(14);
      return verdict.kind;
    });
    expect(kinds).toEqual(["undetermined", "healthy", "js-heap", "undetermined", "gc-slack", "plateau"]);
  });

  it("survives an empty recording", () => {
    expect(diagnose({ ...record({ seconds: 5 }), processes: [] }).verdict.kind).toBe("undetermined");
  });
});
