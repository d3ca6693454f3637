/**
 * The process that `watch` is pointed at: whether it is there, may be read, and runs Node.js. Linux lets
 * anybody read sizes and names; maps, memory, tracing and signals ask for the same user or root (proc(5),
 * ptrace(2), kill(2)).
 */
import { formatBytes } from "../base/bytes.ts";
import type { PlimsollError } from "../base/errors.ts";
import { isNodeProcess, readProcessName, readResident } from "../probe/process.ts";
import { listSystemDirectory, readSystemText, type SystemFilesOptions } from "../probe/system-files.ts";
import { usage } from "./arguments.ts";

/** A running process. */
export interface TargetProcess {
  readonly pid: number;
  /** Base names of program and script. */
  readonly name: string;
  readonly rssBytes: number;
  readonly isNode: boolean;
  /** True when this user may read its memory and send it signals: the same user, or root. */
  readonly isOurs: boolean;
  /** The number of the user whose rights it has; `undefined` when that is this user. */
  readonly otherUser: number | undefined;
}

/** Who looks, and where. */
export interface TargetOptions extends SystemFilesOptions {
  /** Default: this process's. */
  readonly ownPid?: number;
  /** The effective user. Default: this process's. */
  readonly userId?: number;
}

/**
 * Finds the process that was meant.
 *
 * @param word - as typed.
 * @throws PlimsollError `ERR_PLIMSOLL_USAGE` when there is no such process, or it is not to be watched.
 */
export function findTarget(word: string, options: TargetOptions = {}): TargetProcess {
  const refuse = (why: string): PlimsollError => usage(`${why}\nNothing was watched.`, exampleOf(options));
  if (!/^[1-9]\d{0,9}$/.test(word)) throw refuse(`"${word.slice(0, 40)}" is not a process id.`);
  const pid = Number(word);
  if (pid === (options.ownPid ?? process.pid)) throw refuse(`${pid} is plimsoll itself.`);
  if (readSystemText("proc/self/status", options) === undefined) {
    throw usage("watch reads /proc, which this system does not have.", "plimsoll run -- node server.js");
  }
  const status = readSystemText(`proc/${pid}/status`, options);
  if (status === undefined) throw refuse(`There is no process ${pid}, or this user may not see it.`);
  const group = /^Tgid:\s+(\d+)/m.exec(status)?.[1];
  if (group !== undefined && group !== word) {
    throw usage(`${pid} is a thread of process ${group}.`, `plimsoll watch ${group}`);
  }
  const found = readTarget(pid, status, options);
  if (found === undefined) throw refuse(`Process ${pid} has ended, or belongs to the kernel: it has no memory.`);
  return found;
}

function readTarget(pid: number, status: string, options: TargetOptions): TargetProcess | undefined {
  const resident = readResident(pid, options);
  if (resident === undefined) return undefined;
  const userId = options.userId ?? process.geteuid?.() ?? 0;
  const owner = Number(/^Uid:\s+\d+\s+(\d+)/m.exec(status)?.[1]);
  return {
    pid,
    name: readProcessName(pid, options) ?? "?",
    rssBytes: resident.rssBytes,
    isNode: isNodeProcess(pid, options),
    isOurs: userId === 0 || owner === userId,
    otherUser: owner === userId ? undefined : owner,
  };
}

/** Node.js processes that this user could watch, largest first; neither this one nor those that started it. */
export function listTargets(options: TargetOptions = {}): TargetProcess[] {
  const own = listAncestors(options);
  return listSystemDirectory("proc", options)
    .filter((name) => /^\d+$/.test(name) && !own.has(Number(name)) && isNodeProcess(Number(name), options))
    .flatMap((name) => readTarget(Number(name), readSystemText(`proc/${name}/status`, options) ?? "", options) ?? [])
    .filter(({ isOurs }) => isOurs)
    .toSorted((a, b) => b.rssBytes - a.rssBytes);
}

/** `npx` is Node as well. */
function listAncestors(options: TargetOptions): Set<number> {
  const found = new Set<number>();
  let pid: number | undefined = options.ownPid ?? process.pid;
  while (pid !== undefined && pid > 0 && !found.has(pid)) {
    found.add(pid);
    pid = readResident(pid, options)?.parentPid;
  }
  return found;
}

/** The list as lines, for a `watch` that was not told whom to watch. */
export function drawTargets(targets: readonly TargetProcess[]): string[] {
  const width = Math.max(...targets.map(({ pid }) => String(pid).length));
  return targets.map(
    ({ pid, name, rssBytes }) => `  ${String(pid).padStart(width)}  ${formatBytes(rssBytes).padStart(8)}  ${name}`,
  );
}

/** A command that works: the largest Node.js process, or a program that is started. */
function exampleOf(options: TargetOptions): string {
  const [largest] = listTargets(options);
  return largest === undefined ? "plimsoll run -- node server.js" : `plimsoll watch ${largest.pid}`;
}
