/**
 * What a program uses when nobody watches it: its CPU time and resident set from /proc, to set our cost against. Linux only.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** A program's own use at the moments that are compared, and at its end. */
export interface Use {
  /** User and system time of all its threads, of the last reading. */
  readonly cpuMs: number;
  /** How long it had run by then. */
  readonly seconds: number;
  /** Resident set once it has started, at `EARLY_SECONDS`. */
  readonly earlyRssBytes: number;
  /** Resident set of the last reading. */
  readonly lastRssBytes: number;
}

/** A reading of a running program. */
export interface UseReading {
  /** Since its start. */
  readonly seconds: number;
  readonly cpuMs: number;
  readonly rssBytes: number;
}

/** Before the programs that step do so. */
const EARLY_SECONDS = 4;
const INTERVAL_MS = 500;
/** Of `utime` and `stime` in /proc/<pid>/stat (USER_HZ is 100 on Linux). */
const TICK_MS = 10;
const PAGE_BYTES = 4096;
const GRACE_SECONDS = 30;

/** @returns `undefined` without a reading. */
export function useOf(readings: readonly UseReading[]): Use | undefined {
  const last = readings.at(-1);
  if (last === undefined) return undefined;
  const early = readings.find(({ seconds }) => seconds >= EARLY_SECONDS) ?? last;
  const { cpuMs, seconds, rssBytes } = last;
  return { cpuMs, seconds: Math.round(seconds), earlyRssBytes: early.rssBytes, lastRssBytes: rssBytes };
}

/** Runs a program to its end without Plimsoll. */
export async function runBare(
  file: string,
  nodeArguments: readonly string[],
  seconds: number,
): Promise<Use | undefined> {
  const { NODE_OPTIONS: _options, ...env } = process.env;
  const child = spawn(process.execPath, [...nodeArguments, file, String(seconds)], {
    env,
    stdio: "ignore",
    timeout: (seconds + GRACE_SECONDS) * 1000,
    killSignal: "SIGKILL",
  });
  const exited = once(child, "exit");
  await once(child, "spawn");
  const beganMs = performance.now();
  const readings: UseReading[] = [];
  while (child.exitCode === null && child.signalCode === null) {
    const reading = child.pid === undefined ? undefined : readUse(child.pid);
    if (reading) readings.push({ seconds: (performance.now() - beganMs) / 1000, ...reading });
    await Promise.race([exited, sleep(INTERVAL_MS)]);
  }
  return useOf(readings);
}

function readUse(pid: number): Omit<UseReading, "seconds"> | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const rssBytes = Number(fields[21]) * PAGE_BYTES;
    return rssBytes > 0 ? { cpuMs: TICK_MS * (Number(fields[11]) + Number(fields[12])), rssBytes } : undefined;
  } catch {
    return undefined; // it has ended
  }
}
