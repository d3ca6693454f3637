/** OpenTelemetry: the real SDK collects from the instruments, with the names of the semantic conventions. */
import { MeterProvider, MetricReader, type ResourceMetrics } from "@opentelemetry/sdk-metrics";
import {
  ATTR_V8JS_HEAP_SPACE_NAME,
  METRIC_PROCESS_MEMORY_USAGE,
  METRIC_PROCESS_MEMORY_VIRTUAL,
  METRIC_V8JS_MEMORY_HEAP_SPACE_AVAILABLE_SIZE,
  METRIC_V8JS_MEMORY_HEAP_SPACE_PHYSICAL_SIZE,
  METRIC_V8JS_MEMORY_HEAP_SPACE_SIZE,
  METRIC_V8JS_MEMORY_HEAP_USED,
} from "@opentelemetry/semantic-conventions/incubating";
import { describe, expect, it } from "vitest";
import { createOtelMetrics, type OtelMetricsOptions } from "../../../src/monitor/exporters/otel.ts";
import { Monitor } from "../../../src/monitor/monitor.ts";
import { FakeClock, FakeSource, MB } from "../fake-clock.ts";

class ManualReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

function setUp(options?: OtelMetricsOptions) {
  const clock = new FakeClock();
  const source = new FakeSource();
  const monitor = new Monitor({ clock, source, idleIntervalMs: 100 }).start();
  const reader = new ManualReader();
  const provider = new MeterProvider({ readers: [reader] });
  const registration = createOtelMetrics(monitor, provider.getMeter("test"), options);
  const collect = async () => {
    const { resourceMetrics, errors } = await reader.collect();
    expect(errors).toEqual([]);
    return byName(resourceMetrics);
  };
  return { clock, source, registration, collect };
}

function byName({ scopeMetrics }: ResourceMetrics) {
  const metrics = scopeMetrics.flatMap((scope) => scope.metrics).filter((metric) => metric.dataPoints.length > 0);
  return new Map(
    metrics.map(({ descriptor, dataPoints }) => [
      descriptor.name,
      { unit: descriptor.unit, value: dataPoints[0]?.value, attributes: dataPoints.map((point) => point.attributes) },
    ]),
  );
}

describe("createOtelMetrics", () => {
  it("tells the conventions' names and its own", async () => {
    const { source, clock, collect } = setUp();
    for (let second = 0; second < 60; second++) {
      source.set({ rssBytes: (100 + second) * MB });
      source.collect(25 * MB);
      clock.advance(1000);
    }
    const metrics = await collect();
    for (const name of [
      METRIC_PROCESS_MEMORY_USAGE,
      METRIC_V8JS_MEMORY_HEAP_USED,
      METRIC_V8JS_MEMORY_HEAP_SPACE_SIZE,
      METRIC_V8JS_MEMORY_HEAP_SPACE_AVAILABLE_SIZE,
      METRIC_V8JS_MEMORY_HEAP_SPACE_PHYSICAL_SIZE,
    ]) {
      expect(metrics.get(name)?.unit).toBe("By");
    }
    expect(metrics.has(METRIC_PROCESS_MEMORY_VIRTUAL)).toBe(process.platform === "linux");
    expect(metrics.get(METRIC_PROCESS_MEMORY_USAGE)?.value).toBe(159 * MB);
    const spaces = metrics
      .get(METRIC_V8JS_MEMORY_HEAP_USED)
      ?.attributes.map((point) => point[ATTR_V8JS_HEAP_SPACE_NAME]);
    expect(spaces).toContain("old_space");
    expect(metrics.get("plimsoll.memory.limit")).toMatchObject({
      value: 1000 * MB,
      attributes: [{ "plimsoll.limit.bounds": "process" }],
    });
    expect(metrics.get("plimsoll.memory.forecast")).toMatchObject({ unit: "s" });
    expect([...metrics.keys()].filter((name) => name.startsWith("plimsoll."))).toHaveLength(10);
  });

  it("is silent on what is not known, not rising, or told by others", async () => {
    const { clock, collect } = setUp({ semanticConventions: false });
    expect((await collect()).has("plimsoll.memory.forecast")).toBe(false);
    clock.advance(60_000);
    const metrics = await collect();
    expect(metrics.has("plimsoll.memory.forecast")).toBe(false);
    expect([...metrics.keys()].every((name) => name.startsWith("plimsoll.memory."))).toBe(true);
  });

  it("ends when disposed", async () => {
    const { registration, collect } = setUp();
    registration[Symbol.dispose]();
    expect((await collect()).size).toBe(0);
  });
});
