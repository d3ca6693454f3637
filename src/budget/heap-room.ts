/**
 * How much V8 lets live in the calling thread. `heap_size_limit` is more than that: V8 adds three semi-spaces to
 * the old generation (`Heap::MaxReserved` in its heap.cc), and what lives for long can never use them. A heap of
 * 128 MB dies near 128, not near the 176 that its statistics name. So every budget counts from the old space.
 */
import { getHeapStatistics } from "node:v8";
import { isMainThread, resourceLimits } from "node:worker_threads";

/** What decides over the size of the old space. */
export interface HeapSettings {
  /** `heap_size_limit` of this thread, in bytes. */
  readonly heapLimitBytes: number;
  /** Node's flags, those of `NODE_OPTIONS` first. */
  readonly flags: string;
  /** Major version of Node.js. */
  readonly nodeMajor: number;
  /** A worker's `maxYoungGenerationSizeMb`; `undefined` in the main thread. */
  readonly youngMb: number | undefined;
}

const MB = 2 ** 20;
const SEMI_SPACES = 3;

/** Reads the settings of the calling thread. */
export function readHeapSettings(): HeapSettings {
  const young = isMainThread ? undefined : resourceLimits.maxYoungGenerationSizeMb;
  return {
    heapLimitBytes: getHeapStatistics().heap_size_limit,
    flags: `${process.env["NODE_OPTIONS"] ?? ""} ${process.execArgv.join(" ")}`,
    nodeMajor: Number.parseInt(process.versions.node, 10),
    youngMb: young,
  };
}

/**
 * Bytes of the old space: all that may live for long.
 *
 * @param settings - Default: those of the calling thread.
 */
export function oldSpaceBytes(settings: HeapSettings = readHeapSettings()): number {
  const { heapLimitBytes, flags, nodeMajor, youngMb } = settings;
  if (youngMb !== undefined && youngMb > 0) return atLeastHalf(heapLimitBytes, youngMb * MB);
  const given = lastFlag(flags, "max[-_]old[-_]space[-_]size");
  if (given !== undefined && given > 0 && given <= heapLimitBytes) return given;
  // V8 rounds a given semi-space up to a power of two: 3 gives 4 (heap_size_limit 524 at 512, Node.js 20, 22 and 24).
  const semi = lastFlag(flags, "max[-_]semi[-_]space[-_]size");
  const whole = (nodeMajor < 24 ? 16 : 64) * MB;
  return atLeastHalf(heapLimitBytes, SEMI_SPACES * (semi ? 2 ** Math.ceil(Math.log2(semi)) : whole));
}

function atLeastHalf(limitBytes: number, youngBytes: number): number {
  return Math.max(limitBytes / 2, limitBytes - youngBytes);
}

function lastFlag(flags: string, name: string): number | undefined {
  const value = [...flags.matchAll(new RegExp(`--${name}[= ]"?(\\d+)`, "g"))].pop()?.[1];
  return value === undefined ? undefined : Number(value) * MB;
}
