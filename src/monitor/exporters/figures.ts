/**
 * What every exporter tells of a monitor beyond what Node.js exporters tell already: one list, so that
 * Prometheus and OpenTelemetry say the same. A figure that is not known at the moment is left out.
 */
import type { Monitor } from "../monitor.ts";
import type { MemoryColumn } from "../sample.ts";

/** One figure with its values now. */
export interface Figure {
  /** For Prometheus, unit last. */
  readonly name: string;
  /** For OpenTelemetry, without the unit. */
  readonly otelName: string;
  /** In UCUM, as OpenTelemetry writes units. */
  readonly unit: "By" | "By/s" | "s" | "1";
  readonly help: string;
  /** The value now; `undefined` when it is not known. */
  readonly value: number | undefined;
  /** For figures of a limit: what it bounds. */
  readonly labels: { readonly bounds?: "process" | "heap" };
  /** Names of its labels. */
  readonly labelNames: readonly "bounds"[];
}

const LEVELS = { low: 0, high: 1, critical: 2 } as const;

/**
 * Takes a reading and builds all figures.
 *
 * @param monitor - which; its trend and floors need it to be started.
 */
export function readFigures(monitor: Monitor): Figure[] {
  const headroom = monitor.headroom();
  const { sizes } = monitor.stats();
  const trend = monitor.trend();
  const floor = monitor.floors().at(-1);
  const forecast = trend.state === "unknown" ? undefined : (trend.secondsToLimit ?? Number.POSITIVE_INFINITY);
  const bounds = headroom?.bounds;

  type Words = readonly [name: string, otelName: string, unit: Figure["unit"], help: string];
  const plain = (value: number | undefined, ...[name, otelName, unit, help]: Words): Figure => ({
    name: `plimsoll_${name}`,
    otelName: `plimsoll.memory.${otelName}`,
    unit,
    help,
    value,
    labels: {},
    labelNames: [],
  });
  const ofLimit = (value: number | undefined, ...words: Words): Figure => ({
    ...plain(value, ...words),
    labels: bounds === undefined ? {} : { bounds },
    labelNames: ["bounds"],
  });
  const last = (column: MemoryColumn): number => sizes[column].last;

  return [
    plain(
      last("arrayBuffersBytes"),
      "array_buffers_bytes",
      "array_buffers",
      "By",
      "Memory of ArrayBuffers and Buffers.",
    ),
    plain(last("nativeBytes"), "native_bytes", "native", "By", "Resident memory beyond V8's heap and external memory."),
    plain(sizes.rssBytes.max, "peak_resident_bytes", "peak", "By", "Largest resident memory since the monitor began."),
    plain(floor?.usedBytes, "heap_floor_bytes", "heap_floor", "By", "Heap after the last observed major collection."),
    ofLimit(headroom?.limitBytes, "limit_bytes", "limit", "By", "The nearest limit, of the process or of V8's heap."),
    ofLimit(headroom?.freeBytes, "headroom_bytes", "headroom", "By", "Room below the nearest limit."),
    ofLimit(
      headroom?.usedRatio,
      "used_ratio",
      "utilization",
      "1",
      "Used share of the nearest limit, 0 to 1 and above.",
    ),
    plain(LEVELS[monitor.pressure], "pressure_level", "pressure", "1", "Pressure: 0 low, 1 high, 2 critical."),
    plain(trend.slope?.bytesPerSecond, "growth_bytes_per_second", "growth", "By/s", "Robust slope of resident memory."),
    plain(
      forecast,
      "forecast_seconds",
      "forecast",
      "s",
      "Time until the limit is met at this slope; +Inf when not rising.",
    ),
  ];
}
