/**
 * Every memory limit that applies to a process, and the tightest of them: cgroups of both versions,
 * `ulimit`, V8's heap limit, a worker's resource limits, and the machine's memory as the last resort.
 * Source: cgroup-v2.rst, cgroup-v1/memory.rst, getrlimit(2), proc(5).
 */
import { isMainThread, resourceLimits } from "node:worker_threads";
import { readCgroupLimits } from "./cgroup-limit.ts";
import { type LimitReading, parseLimit } from "./limit-reading.ts";
import { readMeminfo } from "./meminfo.ts";
import { readResident } from "./process.ts";
import { type ProcessId, readSystemText, type SystemFilesOptions } from "./system-files.ts";
import { readV8 } from "./v8.ts";

export { type LimitReading, parseLimit } from "./limit-reading.ts";

/**
 * Reads every limit that applies to a process, those without a limit included. Files are read anew on each
 * call, which takes about 0.15 ms: limits can change, but not often.
 *
 * @param pid - the process. Default: the calling one. V8's and a worker's limits are known for the calling thread only.
 */
export function readLimits(pid: ProcessId = "self", options: SystemFilesOptions = {}): LimitReading[] {
  return [
    ...readCgroupLimits(pid, options),
    ...readUserLimits(pid, options),
    ...(pid === "self" || pid === process.pid ? readHeapLimits() : []),
    readMachineLimit(options),
  ];
}

/**
 * Chooses the smallest limit on the memory of the process. Limits of the heap or of the address space are other
 * quantities and not compared. Of equals the first wins: the process's own cgroup before those above it.
 */
export function tightestLimit(readings: readonly LimitReading[]): LimitReading | undefined {
  let tightest: LimitReading | undefined;
  for (const reading of readings) {
    if (reading.bounds !== "process" || reading.bytes === undefined) continue;
    if (reading.bytes < (tightest?.bytes ?? Infinity)) tightest = reading;
  }
  return tightest;
}

/** `ulimit -v` and `-d`. `ulimit -m` (resident set) has had no effect since Linux 2.4.30, see getrlimit(2). */
function readUserLimits(pid: ProcessId, options: SystemFilesOptions): LimitReading[] {
  const text = readSystemText(`proc/${pid}/limits`, options);
  if (text === undefined) return [];
  const resident = readResident(pid, options);
  const reading = (label: string, flag: string, usedBytes: number | undefined): LimitReading => ({
    // The soft limit is the one that binds.
    bytes: parseLimit(new RegExp(`^${label} +(\\w+)`, "m").exec(text)?.[1]),
    source: `ulimit ${flag} (${label} in /proc/${pid}/limits)`,
    kind: "ulimit",
    bounds: "address-space",
    usedBytes,
  });
  return [
    reading("Max address space", "-v", resident?.virtualBytes),
    reading("Max data size", "-d", resident?.dataBytes),
  ];
}

function readHeapLimits(): LimitReading[] {
  const { heapLimitBytes, heapUsedBytes } = readV8();
  const common = { bounds: "heap", usedBytes: heapUsedBytes } as const;
  const heap: LimitReading = {
    ...common,
    bytes: heapLimitBytes,
    source: "V8 heap limit (heap_size_limit)",
    kind: "v8-heap",
  };
  const oldGenerationMb = isMainThread ? undefined : resourceLimits.maxOldGenerationSizeMb;
  if (oldGenerationMb === undefined || oldGenerationMb <= 0) return [heap];
  const source = "worker resourceLimits (maxOldGenerationSizeMb)";
  return [heap, { ...common, bytes: oldGenerationMb * 2 ** 20, source, kind: "worker" }];
}

function readMachineLimit(options: SystemFilesOptions): LimitReading {
  const { totalBytes, availableBytes } = readMeminfo(options);
  return {
    bytes: totalBytes,
    source: "memory of the machine",
    kind: "machine",
    bounds: "process",
    usedBytes: totalBytes - availableBytes,
  };
}
