/**
 * The rules that are compared in bench/rules.bench.ts: the ones of our own making find what they are made for, and
 * none is shown what came later.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lastChange } from "../../bench/rules/change-points.ts";
import { binClaims } from "../../bench/rules/judging/calibration.ts";
import { recordingUntil } from "../../bench/rules/judging/cut.ts";
import { plotCalibration } from "../../bench/rules/judging/plot.ts";
import { withoutMachine } from "../../bench/rules/judging/store.ts";
import { fitLine } from "../../bench/rules/least-squares.ts";
import type { Recording } from "../../src/monitor/remote/recording.ts";

const MB = 2 ** 20;

function series(length: number, bytesAt: (second: number) => number): { timeMs: number; bytes: number }[] {
  return Array.from({ length }, (_, index) => ({
    timeMs: index * 500,
    bytes: bytesAt(index / 2) + (index % 3) * 0.1 * MB,
  }));
}

function record(startMs: number, readings: readonly number[]): Recording {
  const resident = readings.map((seconds) => ({ timeMs: startMs + seconds * 1000, rssBytes: (1 + seconds) * MB }));
  const endedAtMs = startMs + 60_000;
  const life = { startedAtMs: startMs, endedAtMs, peakRssBytes: 99 * MB };
  return {
    schema: "plimsoll.recording/1",
    command: "node a.js",
    startedAtMs: startMs,
    endedAtMs,
    limit: { bytes: null, source: "none" },
    processes: [{ pid: 1, parentPid: 0, name: "node a.js", observed: false, resident, threads: [], ...life }],
    exit: { code: 0, signal: null },
    own: { cpuMs: 0, rssBytes: 0, inTargetCpuMs: 0 },
  };
}

describe("lastChange", () => {
  it("finds nothing in a straight line", () => {
    expect(lastChange(series(80, (second) => second * MB))).toBe(0);
  });

  it("finds where a program stops growing", () => {
    expect(lastChange(series(80, (second) => Math.min(second, 20) * 3 * MB)) / 2).toBeCloseTo(20, -1);
  });
});

describe("fitLine", () => {
  it("finds slope and fit of a line", () => {
    const line = fitLine([0, 1, 2, 3].map((second) => ({ timeMs: second * 1000, bytes: 5 + 7 * second })));
    expect(line.bytesPerSecond).toBeCloseTo(7);
    expect(line.r2).toBeCloseTo(1);
  });
});

describe("recordingUntil", () => {
  it("shows nothing that came later", () => {
    const seconds = fc.array(fc.integer({ min: 0, max: 59 }), { minLength: 1 });
    fc.assert(
      fc.property(seconds, fc.integer({ min: 0, max: 59 }), (readings, now) => {
        const cut = recordingUntil(
          record(
            1e12,
            readings.toSorted((a, b) => a - b),
          ),
          1e12 + now * 1000,
        );
        const [process] = cut.processes;
        const seen = readings.filter((second) => second <= now);
        expect(cut).not.toHaveProperty("exit");
        expect(cut).not.toHaveProperty("endedAtMs");
        expect(process).not.toHaveProperty("endedAtMs");
        expect(process?.resident).toHaveLength(seen.length);
        if (seen.length > 0) expect(process?.peakRssBytes).toBe((1 + Math.max(...seen)) * MB);
      }),
    );
  });
});

describe("withoutMachine", () => {
  it("makes paths relative and lets times begin on one day", () => {
    const file = `${process.cwd()}/test/truth/a.mjs`;
    const kept = withoutMachine({ ...record(1.79e12, [3]), command: `node ${file}` });
    expect(kept.command).toBe("node test/truth/a.mjs");
    expect(kept.processes[0]?.resident[0]?.timeMs).toBe(kept.startedAtMs + 3_000);
    expect(kept.startedAtMs).toBe(Date.UTC(2000, 0, 1));
  });
});

describe("binClaims", () => {
  it("counts every claim once", () => {
    const claim = fc.record({ confidence: fc.double({ min: 0, max: 1, noNaN: true }), isRight: fc.boolean() });
    fc.assert(
      fc.property(fc.array(claim), (claims) => {
        const bins = binClaims(claims);
        expect(bins.reduce((sum, { verdicts }) => sum + verdicts, 0)).toBe(claims.length);
        expect(bins.reduce((sum, { right }) => sum + right, 0)).toBe(claims.filter(({ isRight }) => isRight).length);
      }),
    );
  });

  it("is drawn without a bin that is empty", () => {
    const bins = binClaims([{ confidence: 0.92, isRight: true }]);
    const svg = plotCalibration("t", [{ name: "n", bins }]);
    expect(svg.match(/<circle class="s0"/g)).toHaveLength(2); // the bin and its legend
    expect(svg).not.toContain("NaN");
  });
});
