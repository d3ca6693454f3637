/**
 * How a supervisor works and what it tells: options, all but the command with a default, and events.
 */
import { formatBytes, parseBytes, type SizeInput } from "../base/bytes.ts";
import type { Clock } from "../base/clock.ts";
import { PlimsollError } from "../base/errors.ts";
import type { Report } from "../diagnose/report/report.ts";
import type { ExitRecord } from "../monitor/remote/recording.ts";
import { type LimitReading, readLimits, tightestLimit } from "../probe/limit.ts";

/** How a supervisor works. */
export interface SupervisorOptions {
  /** Program and arguments. */
  readonly command: readonly string[];
  /**
   * Where an instance is replaced: a size of its resident memory, or a share of the tightest limit that applies, which all
   * instances share. Default: `80%`.
   */
  readonly limit?: SizeInput;
  /** How many run at once. Default: 1. */
  readonly instances?: number;
  /** How long an instance may drain and end before it is killed, in milliseconds. Default: 10,000. */
  readonly drainMs?: number;
  /** How long one may take to become ready, in milliseconds. Default: 60,000. */
  readonly readyMs?: number;
  /** Replace each instance after so many requests or units, or so many milliseconds. Default: never. */
  readonly restartAfter?: { readonly units: number } | { readonly ageMs: number };
  /** Default: this process's. */
  readonly env?: NodeJS.ProcessEnv;
  /** Default: the present directory. */
  readonly cwd?: string;
  /** Whether to record each instance for a report. Default: true. */
  readonly observe?: boolean;
  /** Base names of program and script, for reports. Default: of the command. */
  readonly name?: string;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

/** An instance has been started. */
export interface InstanceStart {
  /** Number of the instance, from 1. */
  readonly instance: number;
  /** Process id; of a launcher such as npm where that was started. */
  readonly pid: number;
  /** In words. */
  readonly why: string;
}

/** An instance serves. */
export interface InstanceReady {
  /** Number of the instance. */
  readonly instance: number;
  /** Process id; of a launcher such as npm where that was started. */
  readonly pid: number;
  /** Since its start. */
  readonly afterMs: number;
  /** What it listens on. */
  readonly listensOn: readonly string[];
}

/** An instance is about to be replaced. */
export interface InstanceReplace {
  /** Number of the instance. */
  readonly instance: number;
  /** Process id; of a launcher such as npm where that was started. */
  readonly pid: number;
  /** In words, with the figures. */
  readonly why: string;
  /** Resident memory of it and what it has started. */
  readonly rssBytes: number;
  /** How fast that rises; 0 when it does not. */
  readonly bytesPerSecond: number;
  /** The limit of an instance. */
  readonly limitBytes: number;
}

/** An instance has ended. */
export interface InstanceEnd {
  /** Number of the instance. */
  readonly instance: number;
  /** Process id; of a launcher such as npm where that was started. */
  readonly pid: number;
  /** Code or signal. */
  readonly exit: ExitRecord;
  /** `replaced`: drained for another one. `stopped`: with the supervisor. `ended`: by itself, well. `crashed`: by itself. */
  readonly how: "replaced" | "stopped" | "ended" | "crashed";
  /** Why it was replaced; absent where it ended by itself. */
  readonly why?: string;
  /** True when it did not end in time and was killed. */
  readonly wasKilled: boolean;
  /** From its start to its end. */
  readonly livedMs: number;
  /** From the order to drain until nothing was in flight; absent where it never said so. */
  readonly drainMs?: number;
  /** Highest resident memory that was read. */
  readonly peakRssBytes: number;
  /** How long it was seen above its limit. */
  readonly overLimitMs: number;
  /** What it was and what grew; absent with `observe: false`. */
  readonly report?: Report;
}

/** Something that the user must know. */
export interface SupervisorTrouble {
  /** What happened, the figures, what to do. */
  readonly sentence: string;
}

/** What a supervisor tells, by name; the same on channels `plimsoll:instance:<name>`, and `plimsoll:supervisor:trouble`. */
export interface SupervisorEvents {
  /** An instance was started. */
  readonly start: InstanceStart;
  /** One serves. */
  readonly ready: InstanceReady;
  /** One is to be replaced. */
  readonly replace: InstanceReplace;
  /** One has ended. */
  readonly end: InstanceEnd;
  /** Something that must be known. */
  readonly trouble: SupervisorTrouble;
}

/** The line at which instances are replaced. */
export interface SupervisedLimit {
  /** Of one instance. */
  readonly bytes: number;
  /** In words. */
  readonly source: string;
  /** The real limit that all instances share; `undefined` where only the machine's memory limits them. */
  readonly realBytes: number | undefined;
}

/**
 * Reads the limit of one instance.
 *
 * @throws PlimsollError `ERR_PLIMSOLL_BAD_SIZE` when it is none, or a share where nothing limits the process.
 */
export function supervisedLimit(
  input: SizeInput,
  instances: number,
  readings: readonly LimitReading[] = readLimits(),
): SupervisedLimit {
  const real = tightestLimit(readings);
  const bytes = parseBytes(input, real?.bytes);
  const isShare = typeof input === "string" && input.includes("%");
  const share = isShare ? Math.floor(bytes / instances) : bytes;
  const of = isShare && real ? ` of ${formatBytes(real.bytes)}, ${real.source}` : "";
  const each = isShare && instances > 1 ? `, shared by ${instances} instances` : "";
  const realBytes = real?.kind === "machine" ? undefined : real?.bytes;
  return { bytes: share, source: `--limit ${input}${of}${each}`, realBytes };
}

/**
 * Checks the options, and fills in what is left out.
 *
 * @throws PlimsollError `ERR_PLIMSOLL_BAD_OPTION` when one is out of range.
 */
export function checkOptions({ command, ...options }: SupervisorOptions): {
  readonly instances: number;
  readonly drainMs: number;
  readonly readyMs: number;
} {
  if (!command[0]) {
    throw new PlimsollError("ERR_PLIMSOLL_BAD_OPTION", "There is no command to supervise: give program and arguments.");
  }
  const { instances = 1, drainMs = 10_000, readyMs = 60_000 } = options;
  for (const [name, value] of Object.entries({ instances, drainMs, readyMs })) {
    if (Number.isFinite(value) && value >= 1) continue;
    throw new PlimsollError("ERR_PLIMSOLL_BAD_OPTION", `${name} is ${value}: give a number, 1 at least.`, {
      details: { [name]: value },
    });
  }
  return { instances: Math.floor(instances), drainMs, readyMs };
}
