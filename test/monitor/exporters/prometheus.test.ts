/** Prometheus: the real prom-client with its default metrics, and the text through a real parser. */
import parsePrometheusTextFormat from "parse-prometheus-text-format";
import { collectDefaultMetrics, Registry } from "prom-client";
import { afterEach, describe, expect, it, vi } from "vitest";
import { formatPrometheus, registerPrometheus } from "../../../src/monitor/exporters/prometheus.ts";
import { Monitor } from "../../../src/monitor/monitor.ts";
import { FakeClock, FakeSource, MB } from "../fake-clock.ts";

function setUp(): { clock: FakeClock; source: FakeSource; monitor: Monitor } {
  const clock = new FakeClock();
  const source = new FakeSource();
  const monitor = new Monitor({ clock, source, idleIntervalMs: 100 }).start();
  return { clock, source, monitor };
}

function grow({ clock, source }: { clock: FakeClock; source: FakeSource }): void {
  for (let second = 0; second < 60; second++) {
    source.set({ rssBytes: (100 + second) * MB });
    source.collect(25 * MB);
    clock.advance(1000);
  }
}

/** Metrics of a text by name; one value each. */
function parse(text: string): Map<string, { value: string; labels: Record<string, string> | undefined; type: string }> {
  return new Map(
    parsePrometheusTextFormat(text).map(({ name, type, metrics }) => [
      name,
      { type, value: metrics[0]?.value ?? "", labels: metrics[0]?.labels },
    ]),
  );
}

afterEach(() => vi.doUnmock("prom-client"));

describe("formatPrometheus", () => {
  it("is read by a parser, with labels and types", () => {
    const set = setUp();
    grow(set);
    const metrics = parse(formatPrometheus(set.monitor));
    expect([...metrics.keys()].every((name) => name.startsWith("plimsoll_"))).toBe(true);
    expect(metrics.get("plimsoll_resident_bytes")).toMatchObject({ type: "GAUGE", value: String(159 * MB) });
    expect(metrics.get("plimsoll_limit_bytes")).toMatchObject({
      value: String(1000 * MB),
      labels: { bounds: "process" },
    });
    expect(metrics.get("plimsoll_heap_floor_bytes")?.value).toBe(String(25 * MB));
    expect(Number(metrics.get("plimsoll_forecast_seconds")?.value)).toBeGreaterThan(500);
    expect(metrics.size).toBe(14);
  });

  it("leaves out what is not known, and never reaches a limit when flat", () => {
    const set = setUp();
    const early = parse(formatPrometheus(set.monitor));
    expect(early.has("plimsoll_forecast_seconds")).toBe(false);
    expect(early.has("plimsoll_heap_floor_bytes")).toBe(false);
    set.clock.advance(60_000);
    expect(formatPrometheus(set.monitor)).toContain("plimsoll_forecast_seconds +Inf\n");
  });
});

describe("registerPrometheus", () => {
  it("stands beside prom-client's default metrics and says the same as the text", async () => {
    const set = setUp();
    grow(set);
    const registry = new Registry();
    collectDefaultMetrics({ register: registry });
    const defaults = new Set(registry.getMetricsAsArray().map(({ name }) => name));
    const registration = await registerPrometheus(set.monitor, registry);
    const ours = registry.getMetricsAsArray().filter(({ name }) => !defaults.has(name));
    expect(ours.every(({ name }) => name.startsWith("plimsoll_"))).toBe(true);
    const metrics = parse(await registry.metrics());
    const text = parse(formatPrometheus(set.monitor));
    for (const { name } of ours) expect(metrics.get(name)).toEqual(text.get(name));
    expect(metrics.has("nodejs_heap_size_used_bytes")).toBe(true);
    registration[Symbol.dispose]();
    expect(new Set(registry.getMetricsAsArray().map(({ name }) => name))).toEqual(defaults);
  });

  it("reads anew at each scrape, once for all gauges, and for a single one too", async () => {
    const { source, monitor } = setUp();
    const registry = new Registry();
    await registerPrometheus(monitor, registry);
    const before = monitor.stats().samples;
    await registry.metrics();
    expect(monitor.stats().samples).toBe(before + 1);
    source.set({ nativeBytes: 77 * MB });
    expect(await registry.getSingleMetricAsString("plimsoll_native_bytes")).toContain(
      `plimsoll_native_bytes ${77 * MB}`,
    );
  });

  it("leaves out what is not known", async () => {
    const { monitor } = setUp();
    const registry = new Registry();
    await registerPrometheus(monitor, registry);
    expect(await registry.metrics()).not.toMatch(/^plimsoll_forecast_seconds/m);
  });

  it("refuses a registry that has them already", async () => {
    const { monitor } = setUp();
    const registry = new Registry();
    await registerPrometheus(monitor, registry);
    await expect(registerPrometheus(monitor, registry)).rejects.toMatchObject({ code: "ERR_PLIMSOLL_BAD_OPTION" });
  });

  it("says which package is missing", async () => {
    vi.doMock("prom-client", () => {
      throw new Error("Cannot find package 'prom-client'");
    });
    await expect(registerPrometheus(setUp().monitor, new Registry())).rejects.toMatchObject({
      code: "ERR_PLIMSOLL_MISSING_PEER",
      details: { peer: "prom-client" },
    });
  });
});
