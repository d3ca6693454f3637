/**
 * Memory limits set by cgroups: `memory.max` and `memory.high` in version 2, `memory.limit_in_bytes` in
 * version 1, of the process's own cgroup and of all above it. Version 1's limit on memory plus swap
 * (`memory.memsw.limit_in_bytes`) is left out: the kernel keeps it at or above the limit on memory.
 * Source: cgroup-v2.rst, cgroup-v1/memory.rst.
 */
import { posix } from "node:path";
import { type CgroupPath, findCgroups } from "./cgroup.ts";
import { type LimitReading, parseLimit } from "./limit-reading.ts";
import { type ProcessId, readSystemText, type SystemFilesOptions } from "./system-files.ts";

/** Reads the memory limits of all cgroups that a process is in, its own first. */
export function readCgroupLimits(pid: ProcessId, options: SystemFilesOptions = {}): LimitReading[] {
  return findCgroups(pid, options).flatMap((found) =>
    found.version === 2 ? readVersion2(found, options) : readVersion1(found, options),
  );
}

function readVersion2({ directories }: CgroupPath, options: SystemFilesOptions): LimitReading[] {
  return directories.flatMap((directory, index) => {
    const read = (name: string) => readSystemText(posix.join(directory, name), options);
    const max = read("memory.max");
    if (max === undefined) return []; // the controller is off here, or this is the true root, which has no limits
    const common = { kind: "cgroup-v2", bounds: "process", usedBytes: parseLimit(read("memory.current")) } as const;
    const top: LimitReading = {
      ...common,
      bytes: parseLimit(max),
      source: `cgroup v2 ${directory} (memory.max)`,
      // Only the true root lacks the file: a top that has it lies below cgroups that are out of sight.
      ...(index === directories.length - 1 && {
        unknown: "limits of cgroups above this one, which the cgroup namespace hides (in Kubernetes: the pod's)",
      }),
    };
    const high = read("memory.high");
    if (high === undefined) return [top];
    const source = `cgroup v2 ${directory} (memory.high)`;
    return [top, { ...common, bytes: parseLimit(high), source, throttles: true }];
  });
}

function readVersion1({ directories }: CgroupPath, options: SystemFilesOptions): LimitReading[] {
  const readings: LimitReading[] = [];
  let effectiveBytes: number | undefined;
  for (const directory of directories) {
    const read = (name: string) => readSystemText(posix.join(directory, name), options);
    const limit = read("memory.limit_in_bytes");
    if (limit === undefined) continue;
    if (readings.length === 0) {
      effectiveBytes = parseLimit(/^hierarchical_memory_limit (\d+)$/m.exec(read("memory.stat") ?? "")?.[1]);
    } else if (read("memory.use_hierarchy")?.trim() === "0") {
      break; // before Linux 5.11 a cgroup could leave those below it alone
    }
    readings.push({
      bytes: parseLimit(limit),
      source: `cgroup v1 ${directory} (memory.limit_in_bytes)`,
      kind: "cgroup-v1",
      bounds: "process",
      usedBytes: parseLimit(read("memory.usage_in_bytes")),
    });
  }
  const seenBytes = Math.min(...readings.map(({ bytes }) => bytes ?? Infinity));
  if (effectiveBytes !== undefined && effectiveBytes < seenBytes) {
    readings.push({
      bytes: effectiveBytes,
      source: `cgroup v1, one above ${directories.at(-1)} (hierarchical_memory_limit)`,
      kind: "cgroup-v1",
      bounds: "process",
    });
  }
  return readings;
}
