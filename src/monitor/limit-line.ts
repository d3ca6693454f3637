/**
 * The line that memory must stay below, and how far it is away. Two limits end a Node.js program: that on
 * its process (container, machine) and that on its V8 heap; the one that is nearer counts. Limits are
 * read anew once a minute, as containers can be resized while they run.
 */
import { parseBytes, type SizeInput } from "../base/bytes.ts";
import { type LimitReading, tightestLimit } from "../probe/limit.ts";
import type { MemorySizes } from "./sample.ts";

/** How far memory is below the nearest limit. */
export interface Headroom {
  /** The limit that is nearest. */
  readonly limitBytes: number;
  /** Resident memory of the process, or used heap of this thread. */
  readonly usedBytes: number;
  /** `limitBytes - usedBytes`; negative above the limit. */
  readonly freeBytes: number;
  /** `usedBytes / limitBytes`, 0..1 and above. */
  readonly usedRatio: number;
  /** What is limited: the whole process, or this thread's V8 heap. */
  readonly bounds: "process" | "heap";
  /** Where the limit comes from, in words. */
  readonly source: string;
}

/** A limit with its source. */
export interface KnownLimit {
  readonly bytes: number;
  readonly source: string;
}

const REFRESH_MS = 60_000;

/** Keeps the limits and measures against them. */
export class LimitLine {
  readonly #input: SizeInput;
  readonly #readLimits: () => readonly LimitReading[];
  #readAtMs = Number.NEGATIVE_INFINITY;
  #whole: LimitReading | undefined;
  #process: KnownLimit | undefined;
  #heap: KnownLimit | undefined;

  /**
   * @param input - the line for the process: a size, or a share of the tightest limit that applies.
   * @param read - reads the limits that apply.
   * @throws PlimsollError `ERR_PLIMSOLL_BAD_SIZE` when the input is no size, or is a share and nothing limits the process.
   */
  constructor(input: SizeInput, read: () => readonly LimitReading[]) {
    this.#input = input;
    this.#readLimits = read;
    if (input !== "100%") parseBytes(input, tightestLimit(read())?.bytes);
  }

  /** The limit on the process; `undefined` when nothing limits it. */
  process(nowMs: number): KnownLimit | undefined {
    this.#refresh(nowMs);
    return this.#process;
  }

  /** The limit on this thread's V8 heap. */
  heap(nowMs: number): KnownLimit | undefined {
    this.#refresh(nowMs);
    return this.#heap;
  }

  /** Used share of the limit that is nearer; 0 when nothing limits the program. */
  usedRatio(sizes: MemorySizes, nowMs: number): number {
    this.#refresh(nowMs);
    const process = sizes.rssBytes / (this.#process?.bytes ?? Number.POSITIVE_INFINITY);
    return Math.max(process, sizes.heapUsedBytes / (this.#heap?.bytes ?? Number.POSITIVE_INFINITY));
  }

  /** Room below the limit that is nearer; `undefined` when nothing limits the program. */
  measure(sizes: MemorySizes, nowMs: number): Headroom | undefined {
    this.#refresh(nowMs);
    const process = headroom("process", sizes.rssBytes, this.#process);
    const heap = headroom("heap", sizes.heapUsedBytes, this.#heap);
    if (!process || !heap) return process ?? heap;
    return heap.usedRatio > process.usedRatio ? heap : process;
  }

  #refresh(nowMs: number): void {
    if (nowMs - this.#readAtMs < REFRESH_MS) return;
    this.#readAtMs = nowMs;
    const readings = this.#readLimits();
    this.#whole = tightestLimit(readings) ?? this.#whole;
    this.#process = this.#line(this.#whole);
    const heaps = readings.filter((reading) => reading.bounds === "heap" && reading.bytes !== undefined);
    heaps.sort((a, b) => (a.bytes ?? 0) - (b.bytes ?? 0));
    const [heap] = heaps;
    this.#heap = heap?.bytes === undefined ? undefined : { bytes: heap.bytes, source: heap.source };
  }

  #line(whole: LimitReading | undefined): KnownLimit | undefined {
    const input = this.#input;
    if (input === "100%") return whole?.bytes === undefined ? undefined : { bytes: whole.bytes, source: whole.source };
    const isShare = typeof input === "string" && input.includes("%");
    const source = isShare && whole ? `${input} of ${whole.source}` : "set limit";
    return { bytes: parseBytes(input, whole?.bytes), source };
  }
}

function headroom(bounds: Headroom["bounds"], usedBytes: number, limit?: KnownLimit): Headroom | undefined {
  if (!limit) return undefined;
  return {
    limitBytes: limit.bytes,
    usedBytes,
    freeBytes: limit.bytes - usedBytes,
    usedRatio: usedBytes / limit.bytes,
    bounds,
    source: limit.source,
  };
}
