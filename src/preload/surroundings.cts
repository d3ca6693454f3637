/**
 * What the preload reads of its thread, and the two variables by which it came aboard. Base names
 * only: neither argument values nor code given with `-e` ever travel.
 */
import type { HelloMessage } from "../base/wire.ts" with { "resolution-mode": "import" };

const path = require("node:path") as typeof import("node:path");
const v8 = require("node:v8") as typeof import("node:v8");

/** Who this thread is. */
function describeThread(): Omit<HelloMessage, "type" | "timeMs" | "preloadMs"> {
  const heapLimitBytes = v8.getHeapStatistics().heap_size_limit;
  const about = {
    pid: process.pid,
    parentPid: process.ppid,
    node: process.versions.node,
    heapLimitBytes,
    oldSpaceLimitBytes: readOldSpaceLimit(heapLimitBytes),
    script: readScript(),
  };
  // Node marks what a worker must not call; loading worker_threads costs the main thread about 1 ms and 1.8 MB.
  if (!("disabled" in process.abort)) return { ...about, threadId: 0 };
  const worker = require("node:worker_threads") as typeof import("node:worker_threads");
  const { maxOldGenerationSizeMb } = worker.resourceLimits ?? {};
  const limit = maxOldGenerationSizeMb ? { workerLimitBytes: maxOldGenerationSizeMb * 2 ** 20 } : {};
  return { ...about, ...limit, threadId: worker.threadId };
}

/** V8 counts three semi-spaces into its limit, of at most 16 MB each by default, and of 64 MB from Node 24 on. */
function readOldSpaceLimit(heapLimitBytes: number): number {
  const given = `${process.env["NODE_OPTIONS"] ?? ""} ${process.execArgv.join(" ")}`;
  const last = (flag: RegExp): number | undefined => {
    const value = [...given.matchAll(flag)].pop()?.[1];
    return value === undefined ? undefined : Number(value) * 2 ** 20;
  };
  const oldSpace = last(/--max[-_]old[-_]space[-_]size[= ]"?(\d+)/g);
  if (oldSpace !== undefined && oldSpace > 0) return Math.min(oldSpace, heapLimitBytes);
  const byDefault = (parseInt(process.versions.node, 10) < 24 ? 16 : 64) * 2 ** 20;
  const semiSpaces = 3 * (last(/--max[-_]semi[-_]space[-_]size[= ]"?(\d+)/g) ?? byDefault);
  return semiSpaces < heapLimitBytes / 2 ? heapLimitBytes - semiSpaces : heapLimitBytes;
}

/** True when the user's own `--heap-prof` uses the one sampler that V8 has. */
function hasHeapProfiler(): boolean {
  const given = `${process.execArgv.join(" ")} ${process.env["NODE_OPTIONS"] ?? ""}`;
  return /(^|[\s"])--heap-prof(?![\w-])/.test(given);
}

function readScript(): string {
  const evaluated = process.execArgv.some((argument) => /^(-e|-p|-pe|--eval|--print)(=|$)/.test(argument));
  if (evaluated || "_eval" in process) return "[eval]";
  const script = process.argv[1];
  return script === undefined ? "[no script]" : path.basename(script);
}

/**
 * Takes our flag and variables out of this thread's environment again, so that later children are
 * started as if nobody had ever watched.
 *
 * @param preloadFile - the file that our flag names.
 */
function removeTraces(preloadFile: string): void {
  const env = process.env;
  for (const name of ["PLIMSOLL_SOCKET", "PLIMSOLL_INTERVAL_MS", "PLIMSOLL_PROFILES"]) delete env[name];
  const flag = `--require ${quote(preloadFile)}`;
  const left = env["NODE_OPTIONS"]?.replace(` ${flag}`, "").replace(flag, "");
  if (left === "") delete env["NODE_OPTIONS"];
  else if (left !== undefined) env["NODE_OPTIONS"] = left;
}

/** As NODE_OPTIONS wants a value that has spaces, quotes or backslashes in it. */
function quote(value: string): string {
  return /[\s"\\]/.test(value) ? `"${value.replace(/[\\"]/g, "\\$&")}"` : value;
}

export type { describeThread, hasHeapProfiler, removeTraces };
module.exports = { describeThread, hasHeapProfiler, removeTraces };
