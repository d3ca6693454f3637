/**
 * Figures for Prometheus: as gauges on a prom-client registry, or as text without prom-client. All names
 * begin with `plimsoll_`; what prom-client's default collector has already is never registered again.
 * Text: Prometheus exposition format 0.0.4.
 */
import { PlimsollError } from "../../base/errors.ts";
import type { Monitor } from "../monitor.ts";
import { type Figure, readFigures } from "./figures.ts";

/** What of a prom-client `Registry` must be there. */
export interface PrometheusRegistry {
  /** Name that scrapers are told. */
  readonly contentType: string;
  /** Looks a metric up. */
  getSingleMetric(name: string): unknown;
  /** Takes a metric away. */
  removeSingleMetric(name: string): void;
}

/** What of prom-client's module is used. */
interface PromClient {
  readonly Gauge: new (configuration: {
    name: string;
    help: string;
    labelNames: string[];
    registers: unknown[];
    collect: (this: PromGauge) => void;
  }) => PromGauge;
}

type TextFigure = Pick<Figure, "name" | "help" | "value" | "labels">;

interface PromGauge {
  set(labels: object, value: number): void;
  reset(): void;
  remove(...labels: string[]): void;
}

/**
 * Registers gauges named `plimsoll_*`, which read the monitor when they are scraped.
 *
 * @param monitor - a started monitor.
 * @param registry - a prom-client registry.
 * @returns takes the gauges away when disposed.
 * @throws PlimsollError `ERR_PLIMSOLL_MISSING_PEER` when prom-client is not installed.
 * @throws PlimsollError `ERR_PLIMSOLL_BAD_OPTION` when the registry has such gauges already.
 */
export async function registerPrometheus(monitor: Monitor, registry: PrometheusRegistry): Promise<Disposable> {
  const { Gauge } = await loadPromClient();
  const figures = readFigures(monitor);
  const names = figures.map((figure) => figure.name);
  const taken = names.find((name) => registry.getSingleMetric(name) !== undefined);
  if (taken !== undefined) {
    throw new PlimsollError(
      "ERR_PLIMSOLL_BAD_OPTION",
      `The registry already has ${taken}: register one monitor in each.`,
    );
  }
  // A scrape collects all gauges in one go: they share one reading.
  let shared: Map<string, Figure> | undefined;
  const read = (): Map<string, Figure> => {
    if (!shared) {
      shared = new Map(readFigures(monitor).map((figure) => [figure.name, figure]));
      queueMicrotask(() => (shared = undefined));
    }
    return shared;
  };
  for (const { name, help, labelNames } of figures) {
    new Gauge({
      name,
      help,
      labelNames: [...labelNames],
      registers: [registry],
      collect() {
        const { value, labels = {} } = read().get(name) ?? {};
        this.reset();
        // Without labels a reset gauge says 0: better nothing than a wrong value.
        if (labelNames.length === 0) this.remove();
        if (value !== undefined) this.set(labels, value);
      },
    });
  }
  return {
    [Symbol.dispose]() {
      for (const name of names) registry.removeSingleMetric(name);
    },
  };
}

/**
 * The figures as Prometheus text, for programs without prom-client; resident memory and heap included.
 *
 * @param monitor - a started monitor.
 */
export function formatPrometheus(monitor: Monitor): string {
  const figures = readFigures(monitor);
  const { sizes } = monitor.stats();
  const size = (name: string, value: number, help: string): TextFigure => ({
    name: `plimsoll_${name}`,
    help,
    value,
    labels: {},
  });
  const all = [
    size("resident_bytes", sizes.rssBytes.last, "Resident memory of the process."),
    size("heap_used_bytes", sizes.heapUsedBytes.last, "JavaScript objects, garbage included."),
    size("heap_total_bytes", sizes.heapTotalBytes.last, "Pages of the V8 heap."),
    size("external_bytes", sizes.externalBytes.last, "Memory outside of the heap that objects keep."),
    ...figures,
  ];
  return all.map(formatFigure).join("");
}

function formatFigure({ name, help, value, labels }: TextFigure): string {
  if (value === undefined) return "";
  const label = labels.bounds === undefined ? "" : `{bounds="${labels.bounds}"}`;
  const number = value === Number.POSITIVE_INFINITY ? "+Inf" : String(value);
  return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${name}${label} ${number}\n`;
}

async function loadPromClient(): Promise<PromClient> {
  try {
    return (await import("prom-client")) as unknown as PromClient;
  } catch (cause) {
    throw new PlimsollError(
      "ERR_PLIMSOLL_MISSING_PEER",
      "prom-client is not installed, which registerPrometheus needs: run `npm install prom-client`, or serve formatPrometheus(monitor).",
      { cause, details: { peer: "prom-client" } },
    );
  }
}
