/**
 * Which V8 flags fit under a memory limit. V8 must reach its own limit first: a heap that is full ends
 * the program with a stack and a report (exit code 134), a full container ends it with SIGKILL and
 * nothing else (137). V8 counts only its heap against its limit, so room is left for what lies outside.
 */
import { PlimsollError } from "../base/errors.ts";

const MB = 2 ** 20;

/**
 * V8's heap_size_limit is the old space plus three semi-spaces: `node --max-old-space-size=400
 * --max-semi-space-size=8 -p "v8.getHeapStatistics().heap_size_limit / 2**20"` prints 424 on Node 20, 22 and 24.
 * The second flag must be given, as its default differs: without it that prints 448 on Node 20 and 22, 592 on 24.
 */
const SEMI_SPACES = 3;
/** Anonymous memory of a Node.js process that does nothing, outside of V8's heap: stacks, V8's and libuv's own, rounded up. */
const NODE_ITSELF_MB = 24;
/** Share of the limit that is left for buffers, native memory and what the kernel bills, and its upper bound. */
const OUTSIDE_SHARE = 0.2;
const OUTSIDE_MAX_MB = 1024;
/** The smallest limit that leaves V8 a heap worth the name. */
const SMALLEST_MB = 64;

/** The flags that fit a limit, and the arithmetic behind them; all in MB of 2^20 bytes. */
export interface LimitAdvice {
  /** The limit. */
  readonly limitMb: number;
  /** For `--max-old-space-size`. */
  readonly oldSpaceMb: number;
  /** For `--max-semi-space-size`. */
  readonly semiSpaceMb: number;
  /** V8's heap_size_limit under these flags: old space and three semi-spaces. */
  readonly heapMb: number;
  /** Left for Node.js itself. */
  readonly nodeMb: number;
  /** Left for buffers, native memory and what the kernel bills. */
  readonly outsideMb: number;
  /** As for `NODE_OPTIONS`. */
  readonly flags: readonly string[];
  /** The arithmetic in one line. */
  readonly why: string;
}

/**
 * Computes the flags that fit a limit.
 *
 * @param limitBytes - what the whole process may use, in bytes.
 * @throws PlimsollError `ERR_PLIMSOLL_BAD_SIZE` below 64 MB, where Node.js itself leaves no room for a heap.
 */
export function adviseLimit(limitBytes: number): LimitAdvice {
  const limitMb = Math.floor(limitBytes / MB);
  if (!(limitMb >= SMALLEST_MB)) {
    throw new PlimsollError(
      "ERR_PLIMSOLL_BAD_SIZE",
      `A limit of ${limitMb} MB is too small for a Node.js program: give at least ${SMALLEST_MB}mb.`,
      { details: { limitBytes, smallestBytes: SMALLEST_MB * MB } },
    );
  }
  const outsideMb = Math.min(OUTSIDE_MAX_MB, Math.ceil(limitMb * OUTSIDE_SHARE));
  const heapMb = limitMb - NODE_ITSELF_MB - outsideMb;
  const semiSpaceMb = semiSpaceFor(heapMb);
  const youngMb = SEMI_SPACES * semiSpaceMb;
  const oldSpaceMb = heapMb - youngMb;
  const share = limitMb * OUTSIDE_SHARE > OUTSIDE_MAX_MB ? "" : ` (${OUTSIDE_SHARE * 100}%)`;
  return {
    limitMb,
    oldSpaceMb,
    semiSpaceMb,
    heapMb,
    nodeMb: NODE_ITSELF_MB,
    outsideMb,
    flags: [`--max-old-space-size=${oldSpaceMb}`, `--max-semi-space-size=${semiSpaceMb}`],
    why:
      `${limitMb} MB limit - ${outsideMb} MB${share} for buffers and native memory - ${NODE_ITSELF_MB} MB for Node itself` +
      ` - ${youngMb} MB young objects (${SEMI_SPACES} x ${semiSpaceMb}) = ${oldSpaceMb} MB old space`,
  };
}

/** A power of two, V8's own 16 MB at most, such that young objects take at most a sixth of the heap. */
function semiSpaceFor(heapMb: number): number {
  let semiSpaceMb = 16;
  while (semiSpaceMb > 1 && semiSpaceMb * SEMI_SPACES > heapMb / 6) semiSpaceMb /= 2;
  return semiSpaceMb;
}

/** How V8's own heap limit stands to the limit of the process. */
export type HeapLimitRisk =
  /** V8 reaches its limit first. */
  | "none"
  /** V8's limit leaves less room than Node itself and buffers commonly need. */
  | "tight"
  /** The kernel ends the process before V8 reaches its limit. */
  | "kernel-first";

/**
 * Judges V8's heap limit against the limit of the process.
 *
 * @param heapLimitBytes - V8's heap_size_limit.
 * @param limitBytes - what the whole process may use.
 */
export function judgeHeapLimit(heapLimitBytes: number, limitBytes: number): HeapLimitRisk {
  const roomMb = (limitBytes - heapLimitBytes) / MB;
  if (roomMb < NODE_ITSELF_MB) return "kernel-first";
  const wantedMb = NODE_ITSELF_MB + Math.min(OUTSIDE_MAX_MB, (limitBytes / MB) * OUTSIDE_SHARE);
  // A megabyte of tolerance: the advised flags are rounded to whole ones.
  return roomMb < wantedMb - 1 ? "tight" : "none";
}
