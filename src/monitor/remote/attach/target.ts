/**
 * What `/proc` tells of a process before anybody touches it: whose it is, where it lives, and whether a
 * signal would start Node's inspector there or do harm. Source: proc(5), namespaces(7).
 */
import { statSync } from "node:fs";
import { isNodeProcess, readProcessName } from "../../../probe/process.ts";
import {
  listSystemDirectory,
  readSystemLink,
  readSystemText,
  type SystemFilesOptions,
} from "../../../probe/system-files.ts";
import { type Refusal, refuse } from "./refusal.ts";

/** Its number in the kernel's signal masks is 10, on all of Node's Linux platforms. */
const SIGUSR1_BIT = 1n << 9n;
const DEFAULT_PORT = 9229;

/** What its arguments and NODE_OPTIONS say about the inspector. */
export interface InspectorFlags {
  /**
   * Where its inspector may listen: the ports of `--inspect`, `--inspect-brk`, `--inspect-wait` and `--inspect-port` (0 is
   * any free one), or 9229. The last one counts when it is started by a signal.
   */
  readonly ports: readonly number[];
  /** `--disable-sigusr1`. */
  readonly disablesSignal: boolean;
  /** `--permission` or `--experimental-permission`. */
  readonly restricts: boolean;
  /** `--inspect-publish-uid` without `http`: the sessions are not listed. */
  readonly hidesSessions: boolean;
}

/** A process that may be entered. */
export interface Target {
  readonly pid: number;
  /** Together with the number it names one process for good. */
  readonly startTicks: string;
  /** Base names of program and script. */
  readonly name: string;
  readonly flags: InspectorFlags;
  /** Whether SIGUSR1 has a handler; without one it would end the process, or wait for ever. */
  readonly catchesSignal: boolean;
}

/** Reads a process and judges whether it may be entered at all; the signal's handler is not looked at yet. */
export function readTarget(pid: number, options: SystemFilesOptions = {}): Target | Refusal {
  const self = readSystemText("proc/self/status", options);
  if (self === undefined)
    return refuse("no-proc", "Attaching needs Linux's /proc: start the program with plimsoll run.");
  const status = readSystemText(`proc/${pid}/status`, options);
  const stat = readStat(pid, options);
  if (status === undefined || stat === undefined || stat.hasEnded) return refuseEnded(pid);
  const name = readProcessName(pid, options) ?? "?";
  const who = `Process ${pid} (${name})`;
  const group = field(status, "Tgid");
  if (group !== String(pid)) return refuse("thread", `${pid} is a thread of process ${group}: attach to that.`);
  if (!isNodeProcess(pid, options))
    return refuse("not-node", `${who} is not Node.js, and SIGUSR1 could end it: watch it from outside.`);
  const [owner, own] = [status, self].map((text) => field(text, "Uid").split(/\s+/)[1]);
  if (owner !== own) {
    const message = `${who} belongs to user ${owner}: run plimsoll as that user (sudo -u '#${owner}'), who alone can share a socket with it.`;
    return refuse("other-user", message);
  }
  for (const [kind, what] of [
    ["pid", "in a container of its own"],
    ["net", "in a network of its own"],
  ]) {
    const theirs = readSystemLink(`proc/${pid}/ns/${kind}`, options);
    if (theirs === undefined || theirs === readSystemLink(`proc/self/ns/${kind}`, options)) continue;
    return refuse("other-namespace", `${who} runs ${what}: run plimsoll inside it, with the number that it has there.`);
  }
  if (stat.state === "T")
    return refuse("stopped", `${who} is stopped: resume it (kill -CONT ${pid}) and attach again.`);
  const caught = BigInt(`0x${field(status, "SigCgt") || "0"}`);
  const flags = readFlags(pid, options);
  return { pid, startTicks: stat.startTicks, name, flags, catchesSignal: (caught & SIGUSR1_BIT) !== 0n };
}

/** Whether the program sees the files that it shall load and the socket beside them, and whether its own are seen. */
export function judgeFiles({ pid, name }: Target, path: string): Refusal | undefined {
  const who = `Process ${pid} (${name})`;
  if (listSystemDirectory(`proc/${pid}/fd`).length === 0)
    return refuse(
      "other-user",
      `${who} runs with privileges of its own, so that its open files are hidden: start it with plimsoll run.`,
    );
  const [ours, theirs] = [path, `/proc/${pid}/root${path}`].map((file) =>
    statSync(file, { throwIfNoEntry: false, bigint: true }),
  );
  if (ours !== undefined && ours.ino === theirs?.ino && ours.dev === theirs.dev) return undefined;
  return refuse(
    "other-files",
    `${who} does not see ${path}: set TMPDIR for plimsoll to a directory that both see, outside of a private /tmp.`,
  );
}

/** True while it is the same process, and runs. */
export function isAlive({ pid, startTicks }: Target): boolean {
  const stat = readStat(pid, {});
  return stat !== undefined && !stat.hasEnded && stat.startTicks === startTicks;
}

/** The refusal of a process that is gone. */
export function refuseEnded(pid: number): Refusal {
  return refuse(
    "ended",
    `Process ${pid} has ended, or this user may not see it: list those that run with plimsoll watch.`,
  );
}

function field(status: string, name: string): string {
  return new RegExp(`^${name}:\\s+(.*)$`, "m").exec(status)?.[1]?.trim() ?? "";
}

function readStat(pid: number, options: SystemFilesOptions) {
  const text = readSystemText(`proc/${pid}/stat`, options);
  if (text === undefined) return undefined;
  // After the name in parentheses, which may hold anything: field 3 is the state, field 22 the start.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const state = fields[0] ?? "";
  return { state, hasEnded: /[ZXx]/.test(state), startTicks: fields[19] ?? "" };
}

function readFlags(pid: number, options: SystemFilesOptions): InspectorFlags {
  const given = (readSystemText(`proc/${pid}/cmdline`, options) ?? "").split("\0").slice(1);
  const environment = (readSystemText(`proc/${pid}/environ`, options) ?? "").split("\0");
  const inherited = environment.find((entry) => entry.startsWith("NODE_OPTIONS="))?.slice(13) ?? "";
  return parseInspectorFlags([...inherited.split(/\s+/), ...given]);
}

/** Reads the flags out of arguments; arguments of the program itself that look the same are taken for Node's. */
export function parseInspectorFlags(given: readonly string[]): InspectorFlags {
  const all = given.map((argument) => (argument.startsWith("--") ? argument.replaceAll("_", "-") : argument));
  const ports = all.flatMap((argument, index) => {
    const [, kind, value] = /^--(inspect(?:-brk|-wait|-port)?|debug-port)(?:=(.*))?$/.exec(argument) ?? [];
    if (kind === undefined) return [];
    const words = value ?? (kind.endsWith("-port") ? all[index + 1] : undefined);
    const digits = /(?:^|:)(\d{1,5})$/.exec(words ?? "")?.[1];
    return [digits === undefined ? DEFAULT_PORT : Number(digits)];
  });
  const published = all.filter((argument) => argument.startsWith("--inspect-publish-uid=")).pop();
  return {
    ports: ports.length === 0 ? [DEFAULT_PORT] : ports,
    disablesSignal: all.includes("--disable-sigusr1"),
    restricts: all.some((argument) => /^--(experimental-)?permission$/.test(argument)),
    hidesSessions: published !== undefined && !published.includes("http"),
  };
}
