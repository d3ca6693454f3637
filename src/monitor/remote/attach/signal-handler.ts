/**
 * Whether a Node.js program handles SIGUSR1 itself. The kernel shows only that some handler is there, and
 * Node has its own, which starts the inspector. A program's `process.on("SIGUSR1")` takes that one's place and
 * enters itself in libuv's tree of signal watchers: the tree is read through `/proc/<pid>/mem`, at the place that the
 * symbol table names. libuv keeps the layout of `uv_signal_t` for all of 1.x; each node is checked before it is believed.
 */
import { closeSync, openSync, readSync } from "node:fs";
import { basename } from "node:path";
import { ElfFile } from "../../../probe/elf-file.ts";
import { readSystemText } from "../../../probe/system-files.ts";

/** `none`: only Node's own can be there. `unknown`: no right to read the memory, or no symbol table. */
export type SignalHandler = "own" | "none" | "unknown";

const SIGUSR1 = 10;
const TREE = "uv__signal_tree";
/** `uv_signal_t`: the handle's type at 16, the signal at 104, its left and right neighbours at 112 and 120. */
const NODE_BYTES = 152;
const SIGNAL_HANDLE = 16;
const MAX_NODES = 256;
const MAX_SIGNAL = 64;

/** Tells whether a handler of the program's own waits for SIGUSR1. Handlers that native addons install are not seen. */
export function findSignalHandler(pid: number): SignalHandler {
  let memory: number | undefined;
  try {
    memory = openSync(`/proc/${pid}/mem`, "r");
    const tree = findTree(pid);
    if (tree === undefined) return "unknown";
    const signals = readSignals(memory, tree);
    if (signals === undefined) return "unknown";
    return signals.includes(SIGUSR1) ? "own" : "none";
  } catch {
    return "unknown"; // Yama's ptrace_scope, another user's program, one that has just ended
  } finally {
    if (memory !== undefined) closeSync(memory);
  }
}

/** In Node itself, or in the library that a distribution has split off. */
function findTree(pid: number): number | undefined {
  const maps = readSystemText(`proc/${pid}/maps`) ?? "";
  const libraries = [...maps.matchAll(/^\S+ \S+ 0+ \S+ \d+ +(\/.*)$/gm)]
    .map(([, path]) => path ?? "")
    .filter((path) => /^lib(node|uv)\b/.test(basename(path)));
  for (const path of new Set([`/proc/${pid}/exe`, ...libraries])) {
    using file = ElfFile.open(path.startsWith("/proc/") ? path : `/proc/${pid}/root${path}`);
    const place = file?.locate(TREE);
    if (place === undefined) continue;
    if (!place.isRelative) return place.address;
    const base = findBase(maps, path);
    return base === undefined ? undefined : base + place.address;
  }
  return undefined;
}

/**
 * Where the file's beginning lies in memory; linkers give position-independent files the address 0. The program
 * itself is the first file in the list: libraries are mapped above it.
 */
function findBase(maps: string, path: string): number | undefined {
  const rows = maps.matchAll(/^([0-9a-f]+)-\S+ \S+ 0+ \S+ \d+ +(\/.*)$/gm);
  for (const [, start, file] of rows) if (path.startsWith("/proc/") || file === path) return Number(`0x${start}`);
  return undefined;
}

/** Numbers of all watched signals; `undefined` when what lies there is no such tree. */
function readSignals(memory: number, tree: number): number[] | undefined {
  const signals: number[] = [];
  const left = [readPointer(read(memory, tree, 8), 0)];
  for (let at = left.pop(); at !== undefined; at = left.pop()) {
    if (at === 0) continue;
    const node = read(memory, at, NODE_BYTES);
    const signal = node.readInt32LE(104);
    if (node.readInt32LE(16) !== SIGNAL_HANDLE || signal < 1 || signal > MAX_SIGNAL) return undefined;
    signals.push(signal);
    if (signals.length > MAX_NODES) return undefined;
    left.push(readPointer(node, 112), readPointer(node, 120));
  }
  return signals;
}

function readPointer(buffer: Buffer, offset: number): number {
  return Number(buffer.readBigUInt64LE(offset));
}

function read(memory: number, address: number, length: number): Buffer {
  const buffer = Buffer.alloc(length);
  if (readSync(memory, buffer, 0, length, address) < length) throw new Error("the memory ends here");
  return buffer;
}
