/** The observer of collections: slices, rests, counting, and V8's own profiler. */
import { describe, expect, it } from "vitest";
import { CollectionObserver } from "../../src/monitor/collections.ts";
import { forceGC } from "../../src/monitor/force-gc.ts";
import { processSource } from "../../src/monitor/sample.ts";
import { FakeSource, MB } from "./fake-clock.ts";

describe("CollectionObserver", () => {
  it("counts kinds apart and dates majors within their slice", () => {
    const source = new FakeSource();
    const observer = new CollectionObserver(() => source.createProfiler());
    observer.tick(1000);
    for (const type of ["Scavenge", "MinorMarkSweep", "IncrementalMarking", "MarkSweepCompact"]) {
      source.collect(7 * MB, 3 * MB, type);
    }
    observer.tick(1500);
    expect(observer.counts.majors).toBe(0);
    observer.tick(2000);
    expect(observer.counts).toEqual({ majors: 1, minors: 2, pauseMs: 8, observedMs: 1000 });
    expect(observer.floors()).toEqual([{ timeMs: 2000, usedBytes: 7 * MB, externalBytes: 3 * MB }]);
  });

  it("rests after a slice with many collections, so that reporting stays below its share", () => {
    const source = new FakeSource();
    const observer = new CollectionObserver(() => source.createProfiler());
    let observedMs = 0;
    for (let nowMs = 0; nowMs < 100_000; nowMs += 100) {
      // 200 collections a second: reporting all would take 1 % of a core, so about a tenth is observed.
      for (let index = 0; index < 20; index++) source.collect(1, 1, "Scavenge");
      observer.tick(nowMs);
      observedMs = observer.counts.observedMs;
    }
    expect(observedMs).toBeGreaterThan(7000);
    expect(observedMs).toBeLessThan(13_000);
  });

  it("makes slices longer while nothing is collected", () => {
    const source = new FakeSource();
    const observer = new CollectionObserver(() => source.createProfiler());
    for (let nowMs = 0; nowMs < 31_000; nowMs += 100) observer.tick(nowMs);
    expect(source.profilers).toBeLessThanOrEqual(10);
  });

  it("hears of a real major collection", () => {
    const observer = new CollectionObserver(processSource.createProfiler);
    observer.tick(0);
    const { after } = forceGC();
    observer.stop(1000);
    expect(observer.counts.majors).toBeGreaterThanOrEqual(1);
    const floor = observer.floors().at(-1);
    expect(Math.abs((floor?.usedBytes ?? 0) - after.heapUsedBytes)).toBeLessThan(5 * MB);
  });
});
