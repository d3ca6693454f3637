/** What a monitor tells, and the public names of its `diagnostics_channel`s. */
import type { MajorCollection } from "./collections.ts";
import type { Headroom } from "./limit-line.ts";
import type { PhaseReport } from "./phase.ts";
import type { PressureLevel } from "./pressure.ts";
import type { RapidGrowth } from "./rapid-growth.ts";
import type { MemorySample } from "./sample.ts";
import { Topic } from "./topic.ts";

/** The pressure has changed. */
export interface PressureChange {
  /** When, in milliseconds since the epoch. */
  readonly timeMs: number;
  /** The level before. */
  readonly from: PressureLevel;
  /** The level now. */
  readonly to: PressureLevel;
  /** What the level was found from. */
  readonly headroom: Headroom;
}

/** What a `Monitor` tells. */
export interface MonitorEvents {
  /** Each reading; channel `plimsoll:memory:sample`. */
  readonly sample: MemorySample;
  /** Fast growth of resident memory; channel `plimsoll:memory:growth`. */
  readonly growth: RapidGrowth;
  /** A major collection, told within 1 to 4 seconds; channel `plimsoll:memory:collection`. */
  readonly collection: MajorCollection;
  /** A change of pressure; channel `plimsoll:pressure:change`. */
  readonly pressure: PressureChange;
  /** A phase has ended; channel `plimsoll:phase:end`. */
  readonly phase: PhaseReport;
}

/** One topic for each event. */
export type MonitorTopics = { readonly [Name in keyof MonitorEvents]: Topic<MonitorEvents[Name]> };

/** Builds the topics of one monitor; monitors of one process share the channels. */
export function createTopics(): MonitorTopics {
  return {
    sample: new Topic("plimsoll:memory:sample"),
    growth: new Topic("plimsoll:memory:growth"),
    collection: new Topic("plimsoll:memory:collection"),
    pressure: new Topic("plimsoll:pressure:change"),
    phase: new Topic("plimsoll:phase:end"),
  };
}
