/**
 * From V8's sampling profile to allocation sites. Each sampled byte is billed to the innermost frame
 * that is neither Node's own code nor ours, and marked where Node's code allocated it on the way;
 * equal paths are merged. Positions go through the process's source maps where it has them: code that
 * was translated on loading (tsx, ts-node) has its map nowhere else.
 */
import type { SourceMap } from "node:module";
import type { AllocationSite, CodeLocation } from "../base/wire.ts" with { "resolution-mode": "import" };

const { findSourceMap } = require("node:module") as typeof import("node:module");
const { fileURLToPath } = require("node:url") as typeof import("node:url");

const MAX_SITES = 200;
const MAX_CALLERS = 8;
const MAX_CACHED_MAPS = 16;

/** A frame as the inspector gives it: lines and columns from 0. */
interface CallFrame {
  readonly functionName: string;
  readonly scriptId: string;
  readonly url: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

interface ProfileNode {
  readonly callFrame: CallFrame;
  readonly selfSize: number;
  readonly id: number;
  readonly children: readonly ProfileNode[];
}

/** The part of `HeapProfiler.SamplingHeapProfile` that is read. */
interface SamplingProfile {
  readonly head: ProfileNode;
  readonly samples?: readonly { readonly nodeId: number }[];
}

/** A path of frames outside Node, nearest first; each knows the next caller. */
interface Path {
  readonly frame: CallFrame;
  readonly caller: Path | undefined;
}

interface Sum {
  readonly path: Path;
  bytes: number;
  count: number;
  viaNodeBytes: number;
}

const maps = new Map<string, SourceMap | undefined>();

/**
 * Sums a profile up.
 *
 * @param profile - as `HeapProfiler.getSamplingProfile` returns it.
 * @param ownDirectory - frames of files in it, and what they allocated, are left out.
 * @returns the largest 200 sites, and the bytes of all.
 */
function summarize(profile: SamplingProfile, ownDirectory: string): { sites: AllocationSite[]; totalBytes: number } {
  const counts = new Map<number, number>();
  for (const { nodeId } of profile.samples ?? []) counts.set(nodeId, (counts.get(nodeId) ?? 0) + 1);
  const sums = new Map<string, Sum>();
  let totalBytes = 0;
  const visit = (node: ProfileNode, above: Path | undefined): void => {
    const { callFrame } = node;
    if (ownDirectory !== "" && callFrame.url.startsWith(ownDirectory)) return;
    const internal = isInternal(callFrame);
    // A recursive function is one frame: its depth would split one site into many.
    const path =
      internal || (above !== undefined && isSame(above.frame, callFrame)) ? above : { frame: callFrame, caller: above };
    if (node.selfSize > 0) {
      totalBytes += node.selfSize;
      const billed = path ?? { frame: callFrame, caller: undefined };
      const key = keyOf(billed);
      let sum = sums.get(key);
      if (sum === undefined) sums.set(key, (sum = { path: billed, bytes: 0, count: 0, viaNodeBytes: 0 }));
      sum.bytes += node.selfSize;
      sum.count += counts.get(node.id) ?? 0;
      if (internal) sum.viaNodeBytes += node.selfSize;
    }
    for (const child of node.children) visit(child, path);
  };
  visit(profile.head, undefined);
  const largest = [...sums.values()].sort((a, b) => b.bytes - a.bytes).slice(0, MAX_SITES);
  return { sites: largest.map(toSite), totalBytes };
}

/** Node's own code, and what has no script: built-in functions and V8's pseudo-frames such as "(V8 API)". */
function isInternal({ url, scriptId }: CallFrame): boolean {
  return url.startsWith("node:") || scriptId === "0";
}

function isSame(a: CallFrame, b: CallFrame): boolean {
  return a.lineNumber === b.lineNumber && a.columnNumber === b.columnNumber && a.url === b.url;
}

function keyOf(path: Path): string {
  let key = "";
  let left = MAX_CALLERS + 1;
  for (let at: Path | undefined = path; at !== undefined && left > 0; at = at.caller, left -= 1)
    key += `${at.frame.url}:${at.frame.lineNumber}:${at.frame.columnNumber}:${at.frame.functionName}|`;
  return key;
}

function toSite({ path, bytes, count, viaNodeBytes }: Sum): AllocationSite {
  const callers: CodeLocation[] = [];
  for (let at = path.caller; at !== undefined && callers.length < MAX_CALLERS; at = at.caller)
    callers.push(locate(at.frame));
  return { where: locate(path.frame), callers, bytes, count, viaNodeBytes };
}

function locate({ functionName, url, lineNumber, columnNumber }: CallFrame): CodeLocation {
  // Only a module's own code begins at its very first character without a name.
  const top = functionName === "" && lineNumber === 0 && columnNumber === 0;
  const name = functionName !== "" ? functionName : top ? "(module)" : "(anonymous)";
  const file = toPath(url);
  const origin = mapOf(url, file)?.findEntry(Math.max(0, lineNumber), Math.max(0, columnNumber));
  if (origin !== undefined && "originalSource" in origin && origin.originalSource)
    return {
      function: name,
      file: toPath(origin.originalSource),
      line: origin.originalLine + 1,
      column: origin.originalColumn + 1,
    };
  return { function: name, file, line: Math.max(0, lineNumber) + 1, column: Math.max(0, columnNumber) + 1 };
}

function mapOf(script: string, file: string): SourceMap | undefined {
  if (maps.has(script)) return maps.get(script);
  let map: SourceMap | undefined;
  try {
    map = findSourceMap(script) ?? findSourceMap(file);
  } catch {
    // A map that cannot be read is no map.
  }
  if (maps.size >= MAX_CACHED_MAPS) maps.delete([...maps.keys()][0] ?? "");
  maps.set(script, map);
  return map;
}

function toPath(script: string): string {
  // Evaluated code, and scripts that V8 has let go of while what they allocated lives on.
  if (script === "") return "(no file)";
  if (!script.startsWith("file:")) return script;
  try {
    return fileURLToPath(script);
  } catch {
    return script;
  }
}

export type { SamplingProfile, summarize };
module.exports = { summarize };
