/**
 * Figures for OpenTelemetry, on a meter that the program gives: semantic-convention names where there are
 * some (process.memory.*, v8js.memory.heap.*: version 1.45, experimental there), `plimsoll.memory.*` for
 * what they do not name. Nothing of OpenTelemetry is imported: the meter brings all that is needed.
 */
import { readResident } from "../../probe/process.ts";
import { readV8Spaces, type V8SpaceReading } from "../../probe/v8.ts";
import type { Monitor } from "../monitor.ts";
import { readFigures } from "./figures.ts";

/** What of an OpenTelemetry `Meter` is used. */
export interface OtelMeter<Instrument> {
  /** Creates an instrument whose values are not added up. */
  createObservableGauge(name: string, options: OtelInstrumentOptions): Instrument;
  /** Creates an instrument whose values can be added up. */
  createObservableUpDownCounter(name: string, options: OtelInstrumentOptions): Instrument;
  /** Calls back when metrics are collected. */
  addBatchObservableCallback(callback: (result: OtelResult<Instrument>) => void, instruments: Instrument[]): void;
  /** Ends that. */
  removeBatchObservableCallback(callback: (result: OtelResult<Instrument>) => void, instruments: Instrument[]): void;
}

/** Unit and description of an instrument. */
export interface OtelInstrumentOptions {
  /** Unit as UCUM writes it. */
  readonly unit: string;
  /** What the instrument measures. */
  readonly description: string;
}

/** Where a callback puts values. */
export interface OtelResult<Instrument> {
  /** Puts one value. */
  observe(instrument: Instrument, value: number, attributes?: Record<string, string>): void;
}

/** What is told. */
export interface OtelMetricsOptions {
  /** Tells process.memory.* and v8js.memory.heap.* too; switch off where another instrumentation does. Default: true. */
  readonly semanticConventions?: boolean;
}

const SPACES: readonly [name: string, description: string, size: (space: V8SpaceReading) => number][] = [
  ["v8js.memory.heap.used", "Heap memory size allocated.", (space) => space.usedBytes],
  ["v8js.memory.heap.space.size", "Total heap memory size pre-allocated for a heap space.", (space) => space.sizeBytes],
  ["v8js.memory.heap.space.available_size", "Heap space available size.", (space) => space.availableBytes],
  ["v8js.memory.heap.space.physical_size", "Committed size of a heap space.", (space) => space.physicalBytes],
];

/**
 * Creates observable instruments, which read the monitor when metrics are collected.
 *
 * @param monitor - a started monitor.
 * @param meter - of `@opentelemetry/api`, for instance `metrics.getMeter("memory")`.
 * @param options - what is told.
 * @returns ends the observation when disposed.
 */
export function createOtelMetrics<Instrument>(
  monitor: Monitor,
  meter: OtelMeter<Instrument>,
  { semanticConventions = true }: OtelMetricsOptions = {},
): Disposable {
  const own = new Map(
    readFigures(monitor).map(({ otelName, unit, help }) => [
      otelName,
      meter.createObservableGauge(otelName, { unit, description: help }),
    ]),
  );
  const counter = (name: string, description: string): Instrument =>
    meter.createObservableUpDownCounter(name, { unit: "By", description });
  const instruments = [...own.values()];
  const observers: ((result: OtelResult<Instrument>) => void)[] = [];

  observers.push((result) => {
    for (const { otelName, value, labels } of readFigures(monitor)) {
      const instrument = own.get(otelName);
      // OTLP's consumers differ on infinity: not rising is told by absence.
      if (instrument === undefined || value === undefined || !Number.isFinite(value)) continue;
      result.observe(instrument, value, labels.bounds ? { "plimsoll.limit.bounds": labels.bounds } : {});
    }
  });

  if (semanticConventions) {
    const usage = counter("process.memory.usage", "The amount of physical memory in use.");
    const virtual = counter("process.memory.virtual", "The amount of committed virtual memory.");
    const spaces = SPACES.map(([name, description, size]) => ({ instrument: counter(name, description), size }));
    instruments.push(usage, virtual, ...spaces.map(({ instrument }) => instrument));
    observers.push((result) => {
      result.observe(usage, monitor.stats().sizes.rssBytes.last);
      const virtualBytes = readResident("self")?.virtualBytes;
      if (virtualBytes !== undefined) result.observe(virtual, virtualBytes);
      for (const space of readV8Spaces()) {
        for (const { instrument, size } of spaces) {
          result.observe(instrument, size(space), { "v8js.heap.space.name": space.name });
        }
      }
    });
  }

  const observe = (result: OtelResult<Instrument>): void => {
    for (const observer of observers) observer(result);
  };
  meter.addBatchObservableCallback(observe, instruments);
  return { [Symbol.dispose]: () => meter.removeBatchObservableCallback(observe, instruments) };
}
