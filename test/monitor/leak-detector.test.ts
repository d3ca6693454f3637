/** The leak detector: forced checks, the watch with and without a monitor, and the real heap. */
import { describe, expect, it } from "vitest";
import { LeakDetector, type LeakCheck, type LeakDetectorOptions } from "../../src/monitor/leak-detector.ts";
import { Monitor } from "../../src/monitor/monitor.ts";
import { FakeClock, FakeSource, MB } from "./fake-clock.ts";

function setUp(options: LeakDetectorOptions = {}) {
  const clock = new FakeClock();
  const heap = { heapUsedBytes: 50 * MB, externalBytes: 5 * MB };
  let collections = 0;
  const detector = new LeakDetector({ clock, collect: () => collections++, read: () => heap, ...options });
  const leaks: LeakCheck[] = [];
  detector.on("leak", (check) => leaks.push(check));
  return { clock, heap, detector, leaks, collections: () => collections };
}

describe("LeakDetector", () => {
  it("compares with the baseline and collects before each look", () => {
    const { clock, heap, detector, collections } = setUp({ mode: "threshold" });
    detector.baseline();
    for (const expected of ["undetermined", "undetermined", "undetermined", "leak"]) {
      heap.heapUsedBytes += 4 * MB;
      clock.advance(1000);
      expect(detector.check().verdict).toBe(expected);
    }
    expect(collections()).toBe(5);
    detector.baseline();
    expect(detector.check()).toMatchObject({ verdict: "undetermined", floors: 2 });
  });

  it("sees external memory as well", () => {
    const { clock, heap, detector } = setUp({ mode: "threshold", threshold: "1mb" });
    detector.baseline();
    for (let index = 0; index < 4; index++) {
      heap.externalBytes += MB;
      clock.advance(1000);
      detector.check();
    }
    expect(detector.check().heap.verdict).toBe("no-leak");
    expect(detector.check().external.growthBytes).toBe(4 * MB);
  });

  it("tells a leak once, and again after it had gone", () => {
    const { clock, heap, detector, leaks } = setUp();
    const watch = detector.watch();
    const live = (minutes: number, perLook: number): void => {
      for (let index = 0; index < minutes * 2; index++) {
        clock.advance(30_000);
        heap.heapUsedBytes += perLook;
      }
    };
    live(20, 2 * MB);
    expect(leaks).toHaveLength(1);
    expect(leaks[0]?.sentence).toContain("the heap after collections rises without slowing down");
    live(40, 0);
    live(200, 2 * MB);
    expect(leaks).toHaveLength(2);
    watch[Symbol.dispose]();
    expect(clock.timers).toBe(0);
  });

  it("watches a monitor's collections without forcing any", () => {
    const source = new FakeSource();
    const { clock, detector, leaks, collections } = setUp();
    const monitor = new Monitor({ clock, source, idleIntervalMs: 100 }).start();
    using _watch = detector.watch({ monitor });
    for (let step = 0; step < 30; step++) {
      // Garbage between collections is of no interest.
      source.set({ heapUsedBytes: (step % 5) * 50 * MB });
      source.collect((50 + 2 * step) * MB, 5 * MB);
      clock.advance(5000);
    }
    expect(leaks).toHaveLength(1);
    expect(collections()).toBe(0);
    monitor.stop();
  });

  it("does not take garbage for a leak where nothing was collected yet", () => {
    const source = new FakeSource();
    const { clock, detector, leaks } = setUp();
    const monitor = new Monitor({ clock, source, idleIntervalMs: 100 }).start();
    using _watch = detector.watch({ monitor });
    for (let step = 0; step < 60; step++) {
      source.set({ heapUsedBytes: step * 10 * MB });
      clock.advance(5000);
    }
    expect(leaks).toEqual([]);
    monitor.stop();
  });

  it("refuses an interval that no timer keeps", () => {
    expect(() => setUp().detector.watch({ intervalMs: 0 })).toThrow(
      expect.objectContaining({ code: "ERR_PLIMSOLL_BAD_OPTION" }),
    );
  });

  it("finds a leak of this very process, and none in dropped garbage", () => {
    const detector = new LeakDetector({ mode: "threshold", threshold: "4mb" });
    const held: number[][] = [];
    const run = (keep: boolean): string => {
      detector.baseline();
      let verdict = "";
      for (let index = 0; index < 8; index++) {
        for (let block = 0; block < 20; block++) {
          const list = Array.from({ length: 10_000 }, (_, value) => value + 0.5);
          if (keep) held.push(list);
        }
        verdict = detector.check().verdict;
      }
      return verdict;
    };
    expect(run(false)).toBe("no-leak");
    expect(run(true)).toBe("leak");
    expect(held).toHaveLength(160);
  });
});
