/**
 * Finds the directories of the cgroups that bound the memory of a process, in both versions, on hybrid
 * machines and inside containers. A process is under the limits of its own cgroup and of all above it.
 * Source: cgroup-v2.rst, cgroup-v1/memory.rst, cgroup_namespaces(7), proc(5) on mountinfo.
 */
import { posix } from "node:path";
import { type ProcessId, readSystemText, type SystemFilesOptions } from "./system-files.ts";

/** The memory cgroups of a process in one hierarchy. */
export interface CgroupPath {
  readonly version: 1 | 2;
  /** Absolute directories, the process's own first, the mount's top last; some may not exist. */
  readonly directories: readonly string[];
}

/** A process's cgroup in one hierarchy. */
export interface HierarchyPath {
  readonly version: 1 | 2;
  readonly path: string;
}

/** Where a hierarchy is mounted. */
export interface CgroupMount {
  readonly version: 1 | 2;
  /** The cgroup that the mount shows at its top. */
  readonly top: string;
  readonly directory: string;
}

/** Finds the memory cgroups of a process: none, one, or one of each version. */
export function findCgroups(pid: ProcessId, options: SystemFilesOptions = {}): CgroupPath[] {
  // The mounts are ours even for another process: we open the files, and the kernel writes its path for our view.
  const mounts = parseCgroupMounts(readSystemText("proc/self/mountinfo", options) ?? "");
  const paths = parseCgroupPaths(readSystemText(`proc/${pid}/cgroup`, options) ?? "");
  return paths.flatMap(({ version, path }) => {
    const directories = directoriesOf(
      path,
      mounts.filter((mount) => mount.version === version),
    );
    return directories.length === 0 ? [] : [{ version, directories }];
  });
}

/** Reads `/proc/<pid>/cgroup`: the path in the hierarchy of the v1 memory controller, and in the v2 hierarchy. */
export function parseCgroupPaths(text: string): HierarchyPath[] {
  return text.split("\n").flatMap((line): HierarchyPath[] => {
    const [, id, controllers, path] = /^(\d+):([^:]*):(\/.*)$/.exec(line) ?? [];
    if (path === undefined || controllers === undefined) return [];
    if (id === "0" && controllers === "") return [{ version: 2, path }];
    return controllers.split(",").includes("memory") ? [{ version: 1, path }] : [];
  });
}

/** Reads `/proc/<pid>/mountinfo`: the mounts that show memory cgroups. */
export function parseCgroupMounts(text: string): CgroupMount[] {
  return text.split("\n").flatMap((line): CgroupMount[] => {
    // id parent major:minor root mount-point options optional… - type source super-options
    const [before = "", after = ""] = line.split(" - ");
    const [, , , top, directory] = before.split(" ");
    const [type, , superOptions = ""] = after.split(" ");
    if (top === undefined || directory === undefined) return [];
    const place = { top: unescape(top), directory: unescape(directory) };
    if (type === "cgroup2") return [{ version: 2, ...place }];
    return type === "cgroup" && superOptions.split(",").includes("memory") ? [{ version: 1, ...place }] : [];
  });
}

/** Blanks, tabs, line ends and backslashes are written in octal. */
function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

function directoriesOf(path: string, mounts: readonly CgroupMount[]): string[] {
  // "/../x" lies outside of our cgroup namespace: no directory of ours shows it.
  if (path.split("/").includes("..")) return [];
  const showing = mounts.filter(({ top }) => isWithin(path, top)).sort((a, b) => a.top.length - b.top.length)[0];
  // A container may see a mount of its own cgroup under another name than the kernel tells it: its top still bounds it.
  const mount = showing ?? mounts.find(({ top }) => top !== "/");
  if (!mount) return [];
  const directories: string[] = [];
  let below = showing ? posix.relative(mount.top, path) : "";
  while (below !== "" && below !== ".") {
    directories.push(posix.join(mount.directory, below));
    below = posix.dirname(below);
  }
  return [...directories, mount.directory];
}

function isWithin(path: string, top: string): boolean {
  return top === "/" || path === top || path.startsWith(`${top}/`);
}
