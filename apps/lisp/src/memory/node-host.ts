/**
 * The memory of Node.js, and of what offers the same modules (Bun, Deno).
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
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

/** The memory of this process. */
export const nodeMemory: MemoryHost = {
  sample: () => process.memoryUsage(),
  collect: () => {
    if (!isKnown) collector = findCollector();
    isKnown = true;
    collector?.();
  },
};
