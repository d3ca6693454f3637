import { describe, expect, it } from "vitest";
import { buffersChannel, heapChannel, restChannel } from "../../src/diagnose/floors.ts";
import { buildProcess, buildThread, MB, type Program, START_MS } from "./recording-builder.ts";

function readings(program: Program): Parameters<typeof heapChannel>[0] {
  const { majors, samples } = buildThread(program);
  const fromMs = START_MS + 2_000;
  return { majors: majors.filter(({ timeMs }) => timeMs >= fromMs), samples, fromMs };
}

const seconds = (timeMs: number): number => (timeMs - START_MS) / 1000;

describe("heapChannel", () => {
  it("takes forced floors, and V8's own only where they do not lie above their line", () => {
    const program = { seconds: 20, heap: () => 10 * MB, natural: [5, 8, 11] };
    const given = readings(program);
    const majors = given.majors.map((major) =>
      seconds(major.timeMs) === 8 ? { ...major, usedBytes: 14 * MB } : major,
    );
    const { floors } = heapChannel({ ...given, majors });
    expect(floors.map(({ timeMs }) => seconds(timeMs))).toEqual([3, 5, 6, 9, 11, 13, 18]);
  });

  it("counts a reading below the line between two floors as a floor", () => {
    // Dropped at 20 s and built up anew: forced collections at 18 and 25 s alone would not show it.
    const heap = (s: number): number => (s >= 20 && s < 21 ? 4 : 30) * MB;
    const { floors } = heapChannel(readings({ seconds: 30, heap, garbage: () => 0 }));
    expect(floors.map(({ bytes }) => bytes)).toContain(4 * MB);
  });

  it("goes by V8's own collections when forced ones have ended, being too dear", () => {
    const program = {
      seconds: 60,
      heap: (s: number) => (10 + 3 * s) * MB,
      forced: [3, 6, 9, 13],
      natural: [20, 26, 32, 38, 44, 50, 56],
    };
    expect(heapChannel(readings(program))).toMatchObject({ state: "grows", lastBytes: 178 * MB });
  });

  it("does not call flat what every later collection contradicts", () => {
    const heap = (s: number): number => (s < 26 ? 20 : 50) * MB;
    const { state } = heapChannel(readings({ seconds: 34, heap, forced: [3, 6, 9, 13, 18, 25], natural: [28, 31] }));
    expect(state).toBe("may-grow");
  });

  it("finds a leak beneath batches that come and go by the lowest floors", () => {
    const heap = (s: number): number => (10 + s + ((s * 7.3) % 20)) * MB;
    const natural = Array.from({ length: 45 }, (_, i) => 3 + i * 1.7);
    expect(heapChannel(readings({ seconds: 80, heap, natural })).state).toBe("grows");
    expect(heapChannel(readings({ seconds: 80, heap: (s) => heap(s) - s * MB, natural })).state).not.toBe("grows");
  });

  it("does not count two collections within a second twice", () => {
    const { floors } = heapChannel(readings({ seconds: 20, forced: [], natural: [3, 3.2, 3.4, 9, 9.5, 15] }));
    expect(floors).toHaveLength(3);
  });
});

describe("buffersChannel", () => {
  it("goes by the lowest readings of each stretch where no collection was forced", () => {
    const buffers = (s: number): number => (s + ((s * 5) % 12)) * MB;
    expect(buffersChannel(readings({ seconds: 60, buffers, forced: [] })).state).toBe("grows");
    const churn = (s: number): number => ((s * 5.3) % 60) * MB;
    expect(buffersChannel(readings({ seconds: 60, buffers: churn, forced: [] })).state).not.toBe("grows");
  });
});

describe("restChannel", () => {
  it("does not take committed heap that is touched later for growth", () => {
    const program = { seconds: 60, rest: (s: number) => (s < 8 ? 36 : 20 + Math.min(16, s / 3)) * MB };
    const { samples, fromMs, majors } = readings(program);
    expect(restChannel(buildProcess(1, program), { samples, fromMs, majors }).state).not.toBe("grows");
  });

  it("leaves out what workers hold", () => {
    const main = { seconds: 60, rest: (s: number) => (35 + 2 * s) * MB };
    const worker = { seconds: 60, threadId: 1, heap: (s: number) => 2 * s * MB, garbage: () => 0 };
    const alone = readings(main);
    expect(restChannel(buildProcess(1, main), alone).state).toBe("grows");
    expect(restChannel(buildProcess(1, main, worker), alone).state).toBe("flat");
  });
});
