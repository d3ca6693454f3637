/**
 * Finds the directories of the cgroups that bound the memory of a process, in both versions, on hybrid
 * machines and inside containers. A process is under the limits of its own cgroup and of all above it.
 * Source: cgroup-v2.rst, cgroup-v1/memory.rst, cgroup_namespaces(7), proc(5) on mountinfo.
 */
import { posix } from "node:path";
import { listSubdirectories, type ProcessId, readSystemText, type SystemFilesOptions } from "./system-files.ts";

/** The memory cgroups of a process in one hierarchy. */
export interface CgroupPath {
  /** Of the hierarchy. */
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
    // "/../x" lies outside of our cgroup namespace: no mount of ours shows it.
    if (path.split("/").includes("..")) return [];
    const candidates = mounts.filter((mount) => mount.version === version);
    const mount = candidates.filter(({ top }) => isWithin(path, top)).sort((a, b) => a.top.length - b.top.length)[0];
    if (mount) return [{ version, directories: climb(mount.directory, posix.relative(mount.top, path)) }];
    // The mount shows a part of the tree in which the kernel does not name our place; its top bounds us at least.
    const other = candidates[0];
    if (!other) return [];
    return [{ version, directories: climb(other.directory, searchBelow(other, path, pid, options)) }];
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

/** The directory of a cgroup, and all above it up to the mount's. */
function climb(directory: string, below: string): string[] {
  const directories: string[] = [];
  for (let rest = below; rest !== "" && rest !== "."; rest = posix.dirname(rest)) {
    directories.push(posix.join(directory, rest));
  }
  return [...directories, directory];
}

/**
 * A mount with the top "/../.." (a cgroup namespace that kept the mounts of its creator) begins two cgroups above
 * the namespace's root, without their names: the one that lists the process is looked for. Empty when not found.
 */
function searchBelow(
  { top, directory }: CgroupMount,
  path: string,
  pid: ProcessId,
  options: SystemFilesOptions,
): string {
  if (!/^(\/\.\.)+$/.test(top)) return "";
  const own = path === "/" ? "" : path;
  const id = String(pid === "self" ? process.pid : pid);
  let level = [""];
  for (let depth = top.split("/").length - 1; depth > 0; depth -= 1) {
    level = level.flatMap((parent) =>
      listSubdirectories(posix.join(directory, parent), options).map((name) => posix.join(parent, name)),
    );
  }
  const listsProcess = (cgroup: string) =>
    readSystemText(posix.join(directory, cgroup, own, "cgroup.procs"), options)
      ?.split("\n")
      .includes(id);
  const namespaceRoot = level.find(listsProcess);
  return namespaceRoot === undefined ? "" : posix.join(namespaceRoot, own);
}

function isWithin(path: string, top: string): boolean {
  return top === "/" || path === top || path.startsWith(`${top}/`);
}
