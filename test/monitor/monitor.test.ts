/** The monitor as its users meet it, on a clock and a memory that the test moves. */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { describe, expect, it } from "vitest";
import { PlimsollError } from "../../src/base/errors.ts";
import { Monitor } from "../../src/monitor/monitor.ts";
import type { MonitorEvents } from "../../src/monitor/monitor-events.ts";
import type { MonitorOptions } from "../../src/monitor/monitor-options.ts";
import { FakeClock, FakeSource, MB } from "./fake-clock.ts";

function setUp(options: MonitorOptions = {}): { clock: FakeClock; source: FakeSource; monitor: Monitor } {
  const clock = new FakeClock();
  const source = new FakeSource();
  // The real event loop does not turn while a test moves the clock: no rest.
  return { clock, source, monitor: new Monitor({ clock, source, idleIntervalMs: 100, ...options }) };
}

function record<Name extends keyof MonitorEvents>(monitor: Monitor, name: Name): MonitorEvents[Name][] {
  const events: MonitorEvents[Name][] = [];
  monitor.on(name, (event) => events.push(event));
  return events;
}

describe("Monitor", () => {
  it("reads ten times a second between start and stop", () => {
    const { clock, monitor } = setUp();
    expect(monitor.stats().samples).toBe(1);
    clock.advance(1000);
    expect(monitor.stats().samples).toBe(1);
    monitor.start().start();
    clock.advance(1000);
    expect(monitor.stats()).toMatchObject({ samples: 11, elapsedMs: 2000 });
    monitor.stop();
    monitor.stop();
    clock.advance(1000);
    expect(monitor.stats().samples).toBe(11);
    expect(clock.timers).toBe(0);
  });

  it("stops when disposed", () => {
    const { clock, monitor } = setUp();
    {
      using used = monitor.start();
      used.sample();
    }
    expect(clock.timers).toBe(0);
  });

  it("keeps extremes, newest and past readings", () => {
    const { clock, source, monitor } = setUp();
    source.set({ rssBytes: 300 * MB });
    clock.advance(10);
    monitor.sample();
    source.set({ rssBytes: 50 * MB });
    source.highWater = 400 * MB;
    clock.advance(10);
    monitor.sample();
    expect(monitor.stats().sizes.rssBytes).toEqual({ min: 50 * MB, max: 300 * MB, last: 50 * MB });
    expect(monitor.peak).toMatchObject({ rssBytes: 300 * MB, heapUsedBytes: 20 * MB, highWaterBytes: 400 * MB });
    expect(monitor.getSnapshots().map(({ rssBytes }) => rssBytes / MB)).toEqual([100, 300, 50]);
    expect(monitor.getSnapshots({ sinceMs: clock.now() })).toHaveLength(1);
  });

  it("tells what changed between readings", () => {
    const { clock, source, monitor } = setUp();
    const before = monitor.sample();
    source.set({ heapUsedBytes: 25 * MB, rssBytes: 90 * MB });
    clock.advance(500);
    expect(monitor.delta(before)).toMatchObject({ elapsedMs: 500, heapUsedBytes: 5 * MB, rssBytes: -10 * MB });
    expect(monitor.delta(before, before).elapsedMs).toBe(0);
  });

  it("measures against the nearer of the process's and the heap's limit", () => {
    const { source, monitor } = setUp();
    expect(monitor.headroom()).toEqual({
      limitBytes: 1000 * MB,
      usedBytes: 100 * MB,
      freeBytes: 900 * MB,
      usedRatio: 0.1,
      bounds: "process",
      source: "a container",
    });
    source.set({ heapUsedBytes: 300 * MB });
    expect(monitor.headroom()).toMatchObject({ bounds: "heap", usedRatio: 0.75, source: "V8" });
  });

  it("takes a limit as a size or as a share of the real one", () => {
    const shared = setUp({ limit: "50%" });
    expect(shared.monitor.headroom()).toMatchObject({ limitBytes: 500 * MB, source: "50% of a container" });
    expect(setUp({ limit: "200mb" }).monitor.headroom()).toMatchObject({ limitBytes: 200 * MB, source: "set limit" });
    shared.source.processLimit = 400 * MB;
    shared.clock.advance(60_000);
    expect(shared.monitor.headroom()?.limitBytes).toBe(200 * MB);
    shared.source.processLimit = undefined;
    shared.clock.advance(60_000);
    expect(shared.monitor.headroom()?.limitBytes).toBe(200 * MB);
  });

  it("refuses what is no limit or interval", () => {
    const code = (options: MonitorOptions): string | undefined => {
      try {
        setUp(options);
      } catch (error) {
        return PlimsollError.is(error) ? error.code : "other";
      }
      return undefined;
    };
    expect(code({ limit: "banana" })).toBe("ERR_PLIMSOLL_BAD_SIZE");
    expect(code({ intervalMs: 1 })).toBe("ERR_PLIMSOLL_BAD_OPTION");
    expect(code({ idleIntervalMs: Number.NaN })).toBe("ERR_PLIMSOLL_BAD_OPTION");
    expect(code({ pressure: { highRatio: 0.9, criticalRatio: 0.8 } })).toBe("ERR_PLIMSOLL_BAD_OPTION");
    const source = new FakeSource();
    source.processLimit = undefined;
    expect(() => new Monitor({ source, limit: "80%" })).toThrow(/none applies here/);
  });

  it("tells changes of pressure, once each", () => {
    const { clock, source, monitor } = setUp();
    const events = record(monitor, "pressure");
    monitor.start();
    for (const megabytes of [100, 850, 870, 790, 930, 900, 700]) {
      source.set({ rssBytes: megabytes * MB });
      clock.advance(100);
    }
    expect(events.map(({ from, to }) => `${from} ${to}`)).toEqual(["low high", "high critical", "critical low"]);
    expect(monitor.pressure).toBe("low");
    expect(events[0]?.headroom.usedBytes).toBe(850 * MB);
  });

  it("tells rapid growth, and publishes it", () => {
    const { clock, source, monitor } = setUp();
    const events = record(monitor, "growth");
    const published: unknown[] = [];
    const listen = (message: unknown): void => void published.push(message);
    subscribe("plimsoll:memory:growth", listen);
    monitor.start();
    clock.advance(10_000);
    source.set({ rssBytes: 151 * MB });
    clock.advance(1000);
    unsubscribe("plimsoll:memory:growth", listen);
    expect(events).toMatchObject([{ growthBytes: 51 * MB, fromBytes: 100 * MB, toBytes: 151 * MB }]);
    expect(published).toEqual(events);
  });

  it("goes on when a listener is gone", () => {
    const { monitor } = setUp();
    const seen: number[] = [];
    const subscription = monitor.on("sample", ({ timeMs }) => seen.push(timeMs));
    monitor.sample();
    subscription[Symbol.dispose]();
    monitor.sample();
    expect(seen).toHaveLength(1);
  });

  it("throws over the limit, with the figures", () => {
    const { source, monitor } = setUp();
    expect(() => monitor.checkLimit()).not.toThrow();
    expect(() => monitor.checkLimit("100mb")).not.toThrow();
    expect(() => monitor.checkLimit("9%")).toThrow(/100 MB, over the limit of 90 MB/);
    source.set({ heapUsedBytes: 401 * MB });
    expect(() => monitor.checkLimit()).toThrow(/the used heap is 401 MB/);
    source.set({ heapUsedBytes: 1, rssBytes: 1001 * MB });
    expect(() => monitor.checkLimit()).toThrow(expect.objectContaining({ code: "ERR_PLIMSOLL_OVER_LIMIT" }));
  });

  it("aborts once memory exceeds a size", () => {
    const { clock, source, monitor } = setUp();
    const signal = monitor.abortIfExceeds("200mb");
    expect(monitor.abortIfExceeds(200 * MB)).toBe(signal);
    clock.advance(1000);
    expect(signal.aborted).toBe(false);
    source.set({ rssBytes: 201 * MB });
    clock.advance(100);
    expect(signal.reason).toMatchObject({ code: "ERR_PLIMSOLL_OVER_LIMIT", details: { usedBytes: 201 * MB } });
    const next = monitor.abortIfExceeds("200mb");
    expect(next).not.toBe(signal);
    expect(next.aborted).toBe(true);
  });

  it("forecasts the limit and says when it cannot yet", () => {
    const { clock, source, monitor } = setUp();
    monitor.start();
    clock.advance(10_000);
    expect(monitor.trend()).toMatchObject({ state: "unknown", needsMs: 30_000 });
    expect(monitor.trend().sentence).toBe("not enough data on resident memory: needs about 30 s more");
    for (let second = 0; second < 60; second++) {
      source.set({ rssBytes: (200 + 2 * second) * MB });
      clock.advance(1000);
    }
    const trend = monitor.trend({ windowMs: 55_000 });
    expect(trend.state).toBe("rising");
    // Steps of a second in windows of five: within a tenth of the true slope.
    expect(trend.slope?.bytesPerSecond).toBeGreaterThan(1.8 * MB);
    expect(trend.slope?.bytesPerSecond).toBeLessThan(2.2 * MB);
    expect(trend.secondsToLimit).toBeGreaterThan(300);
    expect(trend.secondsToLimit).toBeLessThan(400);
    expect(trend.sentence).toMatch(/^resident memory is rising, [\d.]+ MB\/s .*; reaches 0.98 GB in about \d min$/);
    expect(monitor.trend({ of: "heapUsedBytes" })).toMatchObject({ state: "flat", secondsToLimit: undefined });
  });

  it("finds the trend of the heap after collections", () => {
    const { clock, source, monitor } = setUp();
    monitor.start();
    const collections = record(monitor, "collection");
    expect(monitor.trend({ of: "heapFloorBytes" }).state).toBe("unknown");
    for (let step = 0; step < 20; step++) {
      source.collect((20 + step) * MB);
      source.collect(90 * MB, 0, "Scavenge");
      clock.advance(5000);
    }
    expect(collections).toHaveLength(20);
    expect(monitor.stats().collections).toMatchObject({ majors: 20, minors: 20, pauseMs: 80 });
    expect(monitor.floors().at(-1)?.usedBytes).toBe(39 * MB);
    const trend = monitor.trend({ of: "heapFloorBytes" });
    expect(trend.state).toBe("rising");
    expect(trend.slope?.bytesPerSecond).toBeCloseTo(0.2 * MB, -5);
  });

  it("observes no collections when told so", () => {
    const { clock, source, monitor } = setUp({ observeCollections: false });
    monitor.start();
    clock.advance(5000);
    expect(source.profilers).toBe(0);
  });

  it("stays within 2 MB for a week at 10 Hz", () => {
    const { clock, monitor } = setUp({ observeCollections: false, intervalMs: 100 });
    for (let hour = 0; hour < 24 * 7; hour++) {
      for (let index = 0; index < 3600; index++) monitor.sample();
      clock.advance(3_600_000);
    }
    expect(monitor.stats().ownBytes).toBeLessThan(2 * MB);
  });
});
