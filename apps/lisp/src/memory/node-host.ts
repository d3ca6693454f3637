/**
 * The memory of Node.js, and of what offers the same modules (Bun, Deno).
 */
import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Limits } from "../machine/limits.ts";
import type { MemoryHost } from "./host.ts";

/** Finds the engine's collector: `globalThis.gc`, or V8's own, which a flag brings out in new contexts. */
function findCollector(): (() => void) | undefined {
  const { gc, Bun } = globalThis as { readonly gc?: () => void; readonly Bun?: { gc(isSynchronous: boolean): void } };
  if (gc !== undefined) return gc;
  if (Bun !== undefined) return () => Bun.gc(true);
  try {
    setFlagsFromString("--expose-gc");
    const found: unknown = runInNewContext("gc");
    return typeof found === "function" ? () => void found() : undefined;
  } catch {
    return undefined;
  }
}

let collector: (() => void) | undefined;
let isKnown = false;

function collect(): void {
  if (!isKnown) collector = findCollector();
  isKnown = true;
  collector?.();
}

/** The memory of this process. */
export const nodeMemory: MemoryHost = { sample: () => process.memoryUsage(), collect };

/** V8's limit includes room for young objects, which hold nothing for long: 48 MB in Node 20 and 22, 192 MB in Node 24, unless told otherwise. */
const YOUNG_BYTES = (Number.parseInt(process.versions.v8, 10) < 13 ? 48 : 192) * 2 ** 20;
/** Of the rest; what remains is for the handler of the condition, and for V8's own work. */
const USABLE_RATIO = 0.7;

/** The bound of a program that has this process for itself: a condition comes before V8 gives up, which would end the process. */
export function nodeLimits(): Limits {
  // JavaScriptCore has no such limit.
  if ("Bun" in globalThis) return {};
  const maxBytes = Math.floor((getHeapStatistics().heap_size_limit - YOUNG_BYTES) * USABLE_RATIO);
  return {
    maxBytes,
    usedBytes() {
      const used = getHeapStatistics().used_heap_size;
      if (used <= maxBytes) return used;
      // Much of it may be garbage that V8 has had no reason to collect yet.
      collect();
      return getHeapStatistics().used_heap_size;
    },
  };
}
