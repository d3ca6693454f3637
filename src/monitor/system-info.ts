/**
 * What a program runs on: Node.js and V8 with their limits, the machine or container, and every memory
 * limit that applies, the tightest one marked. Read when asked for, never polled.
 */
import { type LimitReading, readLimits, tightestLimit } from "../probe/limit.ts";
import { type MachineReading, readMachine } from "../probe/machine.ts";
import { readV8, type V8Reading } from "../probe/v8.ts";

/** What a program runs on. */
export interface SystemInfo {
  /** Versions without a `v`. */
  readonly versions: { readonly node: string; readonly v8: string };
  /** Process id. */
  readonly pid: number;
  /** V8's counters for this thread: heap limit, malloced memory and its peak, contexts, … */
  readonly v8: V8Reading;
  /** Machine or container, and what cannot be known on it. */
  readonly machine: MachineReading;
  /** Every limit that was looked for; those without `bytes` do not limit. */
  readonly limits: readonly LimitReading[];
  /** The smallest limit on the whole process; `undefined` when there is none. */
  readonly tightestLimit: LimitReading | undefined;
}

/** Reads what this program runs on; takes about a millisecond. */
export function getSystemInfo(): SystemInfo {
  const limits = readLimits();
  return {
    versions: { node: process.versions.node, v8: process.versions.v8 },
    pid: process.pid,
    v8: readV8(),
    machine: readMachine(),
    limits,
    tightestLimit: tightestLimit(limits),
  };
}
