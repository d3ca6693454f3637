/** How a monitor works and what it can be asked: the options of `Monitor`, checked. */
import type { SizeInput } from "../base/bytes.ts";
import type { Clock } from "../base/clock.ts";
import { PlimsollError } from "../base/errors.ts";
import type { PressureThresholds } from "./pressure.ts";
import type { RapidGrowthOptions } from "./rapid-growth.ts";
import type { MemoryColumn, MemorySource } from "./sample.ts";

/** How a `Monitor` works. */
export interface MonitorOptions {
  /** Time between readings, 10 ms at least. Default: 100 ms. */
  readonly intervalMs?: number;
  /** Time between readings while the event loop sleeps; the first thing that wakes it ends the rest. Default: 1,000 ms. */
  readonly idleIntervalMs?: number;
  /** The line for the process: a size, or a share of the tightest limit that applies. Default: `100%`. */
  readonly limit?: SizeInput;
  /** Where pressure begins. Default: high at 0.8 of the limit, critical at 0.92. */
  readonly pressure?: PressureThresholds;
  /** When growth counts as rapid. Default: 50 MB in 30 s. */
  readonly rapidGrowth?: RapidGrowthOptions;
  /** Observes collections while started, for post-GC floors. Default: true. */
  readonly observeCollections?: boolean;
  /** Default: the machine's clock. */
  readonly clock?: Clock;
  /** Where readings come from. Default: this process and this thread's heap. */
  readonly source?: MemorySource;
}

/** Which series `Monitor.trend` looks at. */
export interface TrendOptions {
  /** A size, or the heap right after major collections. Default: `rssBytes`. */
  readonly of?: MemoryColumn | "heapFloorBytes";
  /** How far back. Default: 300,000 ms. */
  readonly windowMs?: number;
}

/** Refuses what no timer can do. */
export function checkInterval(name: string, intervalMs: number): number {
  if (intervalMs >= 10 && intervalMs < 2 ** 31) return intervalMs;
  throw new PlimsollError(
    "ERR_PLIMSOLL_BAD_OPTION",
    `${name} is ${intervalMs}: give milliseconds, 10 at least and below 2^31, e.g. 100.`,
    { details: { [name]: intervalMs } },
  );
}
