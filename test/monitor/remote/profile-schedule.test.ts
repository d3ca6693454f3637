/** When a thread is asked, moved by a clock of the test's own. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AllocationSite } from "../../../src/base/wire.ts";
import { ProfileSchedule } from "../../../src/monitor/remote/profile-schedule.ts";

const MB = 2 ** 20;

interface Asked {
  readonly seconds: number;
  readonly type: string;
}

function makeSites(name: string, bytes: number): AllocationSite[] {
  const where = { function: name, file: "/app.js", line: name.length, column: 1 };
  return [{ where, callers: [], bytes, count: 1, viaNodeBytes: 0 }];
}

/** Runs a schedule for a while against a program whose heap and pauses are functions of time. */
function simulate(
  seconds: number,
  usedBytes: (second: number) => number,
  pauseMs: (bytes: number) => number = (bytes) => (bytes / MB) * 0.7,
  placeAt?: (second: number) => string,
): { asked: Asked[]; pausedMs: number } {
  const schedule = new ProfileSchedule(0);
  const asked: Asked[] = [];
  let pausedMs = 0;
  let precise = false;
  let sinceMs = 0;
  for (let nowMs = 0; nowMs <= seconds * 1000; nowMs += 500) {
    const used = usedBytes(nowMs / 1000);
    const request = schedule.next(nowMs, used);
    if (request === undefined) continue;
    asked.push({ seconds: nowMs / 1000, type: request.type });
    if (request.type === "precise" || request.type === "relax") {
      precise = request.type === "precise";
      sinceMs = nowMs;
    }
    if (request.type !== "profile") continue;
    const pause = pauseMs(used);
    pausedMs += pause;
    const collection = { timeMs: nowMs, usedBytes: used, externalBytes: 0, pauseMs: pause, forced: true };
    const profile = placeAt && {
      ...{ precise, sinceMs, timeMs: nowMs, totalBytes: used },
      sites: makeSites(placeAt(nowMs / 1000), used - usedBytes(sinceMs / 1000)),
    };
    schedule.answer(nowMs + 100, collection, profile);
  }
  return { asked, pausedMs };
}

describe("ProfileSchedule", () => {
  it("asks a steady program at growing distances and leaves its inlining alone", () => {
    const { asked } = simulate(120, () => 20 * MB);
    expect(asked.every(({ type }) => type === "profile")).toBe(true);
    const times = asked.map(({ seconds }) => seconds);
    expect(times.slice(0, 4)).toEqual([3, 6.5, 10, 13.5]);
    expect(times.length).toBeLessThan(16);
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(gaps.at(-1)).toBeGreaterThan(20);
  });

  it("ends the precise sampling after readings that agree, and at the latest after 30 s", () => {
    const spans = (asked: Asked[]): number[] =>
      asked.flatMap(({ type, seconds }, index) => {
        if (type !== "precise") return [];
        const end = asked.slice(index).find((one) => one.type === "relax");
        return [end === undefined ? Infinity : end.seconds - seconds];
      });
    // Nothing is known of places here, as in a program whose growth no place leads.
    const slow = simulate(600, (second) => (20 + 0.3 * second) * MB).asked;
    expect(spans(slow)).toEqual([30]);
    // Before throwing code away would take too long.
    const fast = simulate(60, (second) => (20 + 20 * second) * MB).asked;
    expect(spans(fast)).toHaveLength(1);
    expect(fast.find(({ type }) => type === "relax")?.seconds).toBeLessThan(14);
  });

  it("is precise again only minutes later, and only when something grows that was not named", () => {
    for (const [name, again] of [
      ["same", false],
      ["other", true],
    ] as const) {
      const asked = simulate(
        600,
        (second) => (20 + 0.2 * second) * MB,
        undefined,
        (second) => (second < 100 ? "same" : name),
      ).asked;
      const precise = asked.filter(({ type }) => type === "precise").map(({ seconds }) => seconds);
      expect(precise.length > 1).toBe(again);
      if (again) expect((precise[1] ?? 0) - (precise[0] ?? 0)).toBeGreaterThan(180);
    }
  });

  it("restarts precisely, once, when the floor rises fast or slowly, and reads again soon", () => {
    const fast = simulate(30, (second) => (20 + 5 * second) * MB).asked;
    expect(fast.filter(({ type }) => type === "precise")).toHaveLength(1);
    const precise = fast.findIndex(({ type }) => type === "precise");
    expect(fast[precise]?.seconds).toBeLessThanOrEqual(8);
    expect(fast.slice(precise + 1).filter(({ seconds }) => seconds <= 20).length).toBeGreaterThanOrEqual(1);

    const slow = simulate(60, (second) => (20 + 0.3 * second) * MB).asked;
    const at = slow.find(({ type }) => type === "precise")?.seconds ?? Infinity;
    expect(at).toBeLessThanOrEqual(14);
    expect(slow.filter(({ seconds }) => seconds > at && seconds <= 60).length).toBeGreaterThanOrEqual(3);
  });

  it("does not take warm-up that ends for a rise", () => {
    const { asked } = simulate(120, (second) => (second < 2.5 ? 5 + second * 10 : 30) * MB);
    expect(asked.some(({ type }) => type === "precise")).toBe(false);
  });

  it("never asks for what would take more than 200 ms, and keeps to its budget", () => {
    expect(simulate(300, () => 1000 * MB).asked).toEqual([]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 240 }), fc.integer({ min: 10, max: 600 }), (mb, seconds) => {
        const { pausedMs } = simulate(seconds, () => mb * MB);
        expect(pausedMs).toBeLessThanOrEqual(150 + 10 * seconds);
      }),
    );
  });

  it("waits for an answer, and learns from it", () => {
    const schedule = new ProfileSchedule(0);
    expect(schedule.next(3000, 10 * MB)).toEqual({ type: "profile" });
    expect(schedule.next(20_000, 10 * MB)).toBeUndefined();
    const answer = (timeMs: number, pauseMs: number): void =>
      schedule.answer(timeMs, { timeMs, usedBytes: 10 * MB, externalBytes: 0, pauseMs, forced: true });
    // One slow answer may be noise: it is believed half. Later the shortest pause counts.
    answer(20_000, 80);
    expect(schedule.predictPauseMs(10 * MB)).toBeCloseTo(Math.sqrt(80 * 8));
    answer(30_000, 90);
    expect(schedule.predictPauseMs(20 * MB)).toBeCloseTo(160);
    expect(schedule.next(60_000, 30 * MB)).toBeUndefined();
    expect(schedule.next(60_000, 15 * MB)).toEqual({ type: "profile" });
  });

  it("expects pauses to be as long as the second longest of late, and never shorter than on a quiet machine", () => {
    const schedule = new ProfileSchedule(0);
    expect(schedule.boundPauseMs(10 * MB)).toBeCloseTo(8);
    schedule.notePause(32, 10 * MB);
    expect(schedule.boundPauseMs(10 * MB)).toBeCloseTo(16);
    for (const pauseMs of [2, 60, 3]) schedule.notePause(pauseMs, 10 * MB);
    expect(schedule.boundPauseMs(20 * MB)).toBeCloseTo(64);
    for (let index = 0; index < 5; index += 1) schedule.notePause(2, 10 * MB);
    expect(schedule.boundPauseMs(20 * MB)).toBeCloseTo(16);
  });

  it("hears rises from collections that happened by themselves", () => {
    const schedule = new ProfileSchedule(0);
    for (const [timeMs, mb] of [
      [2100, 40],
      [3300, 80],
    ] as const) {
      schedule.observe({ timeMs, usedBytes: mb * MB, externalBytes: 0, pauseMs: 20, forced: false });
    }
    expect(schedule.next(3400, 80 * MB)).toMatchObject({ type: "precise" });
  });

  it("does not take waiting for a core for work", () => {
    const asked = (cpuMs?: number): boolean => {
      const schedule = new ProfileSchedule(0);
      const waited = { usedBytes: 10 * MB, externalBytes: 0, pauseMs: 150, forced: true };
      for (const timeMs of [3000, 6500]) schedule.answer(timeMs, { ...waited, timeMs, ...(cpuMs && { cpuMs }) });
      return schedule.next(10_500, 20 * MB) !== undefined;
    };
    expect(asked()).toBe(false);
    expect(asked(10)).toBe(true);
  });

  it("meets large Buffers with small steps where only those rise and the program is not busy", () => {
    const intervalOf = (heap: (s: number) => number, minorsPerSecond: number): number | undefined => {
      const schedule = new ProfileSchedule(0);
      for (let s = 0; s <= 30; s += 0.5) {
        schedule.countMinors(minorsPerSecond / 2, 500);
        const request = schedule.next(s * 1000, heap(s));
        if (request?.type === "precise") return request.samplingIntervalBytes;
        const collection = {
          timeMs: s * 1000,
          usedBytes: heap(s),
          externalBytes: 4 * MB * s,
          pauseMs: 5,
          forced: true,
        };
        if (request?.type === "profile") schedule.answer(s * 1000, collection);
      }
      return undefined;
    };
    expect(intervalOf(() => 5 * MB, 0)).toBe(1 << 10);
    expect(intervalOf(() => 5 * MB, 2)).toBeGreaterThan(4 << 10);
    expect(intervalOf(() => 5 * MB, 100)).toBe(16 << 10);
    expect(intervalOf((s) => (5 + 3 * s) * MB, 0)).toBe(16 << 10);
  });
});
