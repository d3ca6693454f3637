import { describe, expect, it } from "vitest";
import type { Channel, ChannelState } from "../../../src/diagnose/channel.ts";
import type { Evidence } from "../../../src/diagnose/evidence.ts";
import { VERDICT_KINDS } from "../../../src/diagnose/finding.ts";
import { rules } from "../../../src/diagnose/rules/index.ts";
import { MB } from "../recording-builder.ts";

function channel(state: ChannelState, mbPerSecond = 0): Channel {
  const bytesPerSecond = mbPerSecond * MB;
  const floors = [0, 5, 10, 15, 20, 25].map((s) => ({ timeMs: s * 1000, bytes: 10 * MB + bytesPerSecond * s }));
  return {
    state,
    floors,
    seconds: 25,
    slope: {
      bytesPerSecond,
      lowerBytesPerSecond: 0.9 * bytesPerSecond,
      upperBytesPerSecond: 1.1 * bytesPerSecond,
      interceptBytes: 10 * MB,
      points: 6,
    },
    z: 2.6,
    p: 0.009,
    riseBytes: 25 * bytesPerSecond,
    firstBytes: 10 * MB,
    lastBytes: 10 * MB + 25 * bytesPerSecond,
    steadiness: 1,
    scatterBytes: 0,
    flatSeconds: 20,
    neededSeconds: 10,
  };
}

function evidence(more: Partial<Evidence> = {}): Evidence {
  return {
    pid: 100,
    thread: undefined,
    observed: true,
    ended: false,
    seconds: 30,
    startedAtMs: 0,
    heap: channel("flat"),
    buffers: channel("flat"),
    external: channel("flat"),
    resident: channel("flat"),
    rest: channel("flat"),
    majors: 6,
    forcedMajors: 6,
    slack: undefined,
    letGoBytes: undefined,
    requestsPerSecond: undefined,
    sites: undefined,
    heapLimitBytes: 2096 * MB,
    peakRssBytes: 80 * MB,
    troubles: [],
    ...more,
  };
}

const slack = {
  freedBytes: 120 * MB,
  beforeBytes: 140 * MB,
  afterBytes: 20 * MB,
  timeMs: 9_000,
  forced: false,
  times: 2,
};

/** Kinds whose rule holds. */
function found(given: Evidence): string[] {
  return rules.filter((rule) => typeof rule.judge(given) !== "string").map(({ kind }) => kind);
}

describe("rules", () => {
  it("have a kind of the vocabulary each, and are told apart by it", () => {
    const kinds = rules.map(({ kind }) => kind);
    expect(VERDICT_KINDS).toEqual(expect.arrayContaining(kinds));
    expect(new Set(kinds).size).toBe(kinds.length);
  });

  it("never all stay silent", () => {
    const states: ChannelState[] = ["grows", "may-grow", "levelled-off", "flat", "unknown"];
    for (const heap of states)
      for (const buffers of states)
        for (const rest of states)
          for (const pile of [undefined, slack]) {
            const given = evidence({
              heap: channel(heap, heap === "grows" ? 2 : 0),
              buffers: channel(buffers, buffers === "grows" ? 1 : 0),
              rest: channel(rest, 1),
              resident: channel(rest, 1),
              slack: pile,
            });
            expect(found(given).length).toBeGreaterThan(0);
          }
  });

  it("accuse only what grows", () => {
    const states: ChannelState[] = ["may-grow", "levelled-off", "flat", "unknown"];
    for (const heap of states) {
      for (const rule of rules) {
        const result = rule.judge(
          evidence({ heap: channel(heap, 3), rest: channel("grows", 5), resident: channel("grows", 5) }),
        );
        expect(typeof result !== "string" && result.leak).toBe(false);
      }
    }
  });

  it("never call anything settled while it may still grow", () => {
    for (const state of ["may-grow", "unknown"] as const) {
      for (const name of ["heap", "buffers", "external"] as const) {
        expect(found(evidence({ [name]: channel(state), slack }))).toEqual(["undetermined"]);
      }
    }
  });
});

describe("gc-slack", () => {
  it("needs a collection that brought memory back", () => {
    expect(found(evidence({ slack }))).toContain("gc-slack");
    expect(found(evidence())).not.toContain("gc-slack");
    expect(found(evidence({ slack: { ...slack, freedBytes: 20 * MB } }))).not.toContain("gc-slack");
    expect(found(evidence({ slack: { ...slack, afterBytes: 400 * MB } }))).not.toContain("gc-slack");
  });

  it("suggests a heap size that leaves room above what lives", () => {
    const [rule] = rules.filter(({ kind }) => kind === "gc-slack");
    const result = rule?.judge(evidence({ slack }));
    expect(typeof result === "string" ? result : result?.next[0]).toMatch(/--max-old-space-size=64\b/);
  });
});

describe("plateau", () => {
  it("gains confidence with the time that it has been flat", () => {
    const [rule] = rules.filter(({ kind }) => kind === "plateau");
    const at = (flatSeconds: number, seconds: number): number => {
      const result = rule?.judge(evidence({ heap: { ...channel("levelled-off", 1), flatSeconds, seconds } }));
      return result === undefined || typeof result === "string" ? 0 : result.confidence;
    };
    expect(at(8, 30)).toBeLessThan(at(20, 40));
    expect(at(20, 40)).toBeLessThan(at(100, 120));
  });
});

describe("undetermined", () => {
  it("asks for nothing but V8's part where RSS only creeps", () => {
    expect(found(evidence({ rest: channel("may-grow", 1), resident: channel("may-grow", 1) }))).toEqual(["healthy"]);
    expect(found(evidence({ rest: channel("grows", 1), resident: channel("flat") }))).toEqual(["healthy"]);
    expect(found(evidence({ rest: channel("grows", 1), resident: channel("grows", 1) }))).toEqual(["undetermined"]);
  });

  it("calls nothing settled while RSS rises a lot outside V8, however unsteadily", () => {
    const much = { rest: channel("may-grow", 2), resident: channel("may-grow", 2) };
    expect(found(evidence(much))).toEqual(["undetermined"]);
    expect(found(evidence({ ...much, resident: channel("flat") }))).toEqual(["healthy"]);
  });

  it("leaves open whether a job that let go at its end leaked, but not for a server", () => {
    const job = evidence({ heap: channel("grows", 2), letGoBytes: 40 * MB, ended: true });
    expect(found(job)).toEqual(["undetermined"]);
    expect(found({ ...job, requestsPerSecond: 90 })).toEqual(["js-heap"]);
  });

  it("passes on what the program could not be asked", () => {
    const [rule] = rules.filter(({ kind }) => kind === "undetermined");
    const result = rule?.judge(evidence({ heap: channel("unknown"), troubles: ["no inspector in this build"] }));
    expect(typeof result === "string" ? [] : result?.evidence).toContain("no inspector in this build");
  });
});
