/**
 * Pressure stall information: the share of time in which tasks waited for memory, of the process's cgroup where
 * version 2 of cgroups gives it, else of the whole machine. Sources: the kernel's psi.rst, cgroup-v2.rst.
 */
import { posix } from "node:path";
import { findCgroups } from "./cgroup.ts";
import { type ProcessId, readSystemText, type SystemFilesOptions, type Unavailable } from "./system-files.ts";

/** How much of the time tasks waited for memory. */
export interface StallShare {
  /** 0..1, over the last 10 seconds. */
  readonly ratio10s: number;
  /** 0..1, over the last minute. */
  readonly ratio60s: number;
  /** 0..1, over the last 5 minutes. */
  readonly ratio300s: number;
  /** Milliseconds since the machine started or the cgroup was made. */
  readonly totalMs: number;
}

/** How much waiting for memory delays work. */
export interface PressureStallReading {
  /** Told apart from {@link Unavailable} by this. */
  readonly available: true;
  /** In words, with the file. */
  readonly source: string;
  /** Whose waiting is counted. */
  readonly scope: "cgroup" | "machine";
  /** At least one task waited. */
  readonly some: StallShare;
  /** All tasks waited at once: time that was lost. */
  readonly full: StallShare;
}

/** Reads the memory pressure that a process is under. Default: the calling one. */
export function readPressureStall(
  pid: ProcessId = "self",
  options: SystemFilesOptions = {},
): PressureStallReading | Unavailable {
  const own = findCgroups(pid, options).find(({ version }) => version === 2)?.directories[0];
  const read = (name: string) => (own === undefined ? undefined : readSystemText(posix.join(own, name), options));
  // The hierarchy's root has no events; its pressure is the machine's.
  const group = read("cgroup.events") === undefined ? undefined : parsePressureStall(read("memory.pressure") ?? "");
  if (own && group) return { available: true, source: `cgroup v2 ${own} (memory.pressure)`, scope: "cgroup", ...group };
  const machine = parsePressureStall(readSystemText("proc/pressure/memory", options) ?? "");
  if (machine) return { available: true, source: "machine (/proc/pressure/memory)", scope: "machine", ...machine };
  return {
    available: false,
    reason: "no pressure stall information: it takes Linux 4.20 or later, with psi=1 where the kernel leaves it off",
  };
}

/** Reads the two lines of a `memory.pressure` file; `undefined` when they are not there. */
export function parsePressureStall(text: string): Pick<PressureStallReading, "some" | "full"> | undefined {
  const some = parseLine("some", text);
  const full = parseLine("full", text);
  return some && full && { some, full };
}

function parseLine(name: "some" | "full", text: string): StallShare | undefined {
  const line = new RegExp(`^${name} avg10=([\\d.]+) avg60=([\\d.]+) avg300=([\\d.]+) total=(\\d+)$`, "m").exec(text);
  if (!line) return undefined;
  const ratio = (index: number) => Number(line[index]) / 100;
  return { ratio10s: ratio(1), ratio60s: ratio(2), ratio300s: ratio(3), totalMs: Number(line[4]) / 1000 };
}
