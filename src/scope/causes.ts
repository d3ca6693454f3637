/**
 * Why a library's memory grew between two readings. Five causes look alike in the resident set; counts of
 * values, of allocations behind them, of compiled modules and of bytes tell them apart. Growth below the noise has no
 * cause, and one whose figure nobody counts is said to be open, not ruled out.
 */
import { formatBytes } from "../base/bytes.ts";
import type { AdapterGauges } from "./adapter.ts";

/** Fewer new values, slots or modules than these are noise. */
const MIN_COUNT = 32;
/** Less growth than this is noise, in bytes. */
const MIN_BYTES = 4 << 20;
/** Memory taken from the system is a high-water mark when it is so many times what living values hold. */
const HIGH_WATER_RATIO = 2;

/** What makes memory of a library grow. */
export type GrowthCauseKind =
  | "lost-references"
  | "lazy-chains"
  | "kept-weakrefs"
  | "compile-caches"
  | "wasm-high-water";

/** A cause of growth, with what shows it and what cures it. */
export interface GrowthCause {
  /** Which of the five. */
  readonly kind: GrowthCauseKind;
  /** The library, as its adapter is named. Default: the whole thread, for `kept-weakrefs`. */
  readonly library: string | undefined;
  /** What happened, in words. */
  readonly sentence: string;
  /** The figures behind it. */
  readonly evidence: readonly string[];
  /** What to do, the likeliest first. */
  readonly next: readonly string[];
}

/** A cause that could not be told, because nobody counts what shows it. */
export interface OpenCause {
  /** Which of the five. */
  readonly kind: GrowthCauseKind;
  /** The library that it is open for. */
  readonly library: string;
  /** What would have to be counted. */
  readonly needs: string;
}

/** What the ledger reads of one library at a moment. */
export interface LibraryReading {
  /** Living values. */
  readonly live: number;
  /** Bytes of the living ones, where they are known. */
  readonly bytes: number | undefined;
  /** The library's own figures. */
  readonly gauges: AdapterGauges;
}

/** What one library's figures come to. */
export interface LibraryVerdict {
  /** Those that the figures show. */
  readonly causes: readonly GrowthCause[];
  /** Those that they cannot tell. */
  readonly open: readonly OpenCause[];
}

const NEEDS = "the adapter's gauges: countWebAssembly(), called before the library is loaded, and given to the adapter";

/** Names what grew in one library between two readings. */
export function judgeLibrary(library: string, from: LibraryReading, to: LibraryReading): LibraryVerdict {
  const causes: GrowthCause[] = [];
  const open: OpenCause[] = [];
  const live = to.live - from.live;
  const slots = difference(from.gauges.slots, to.gauges.slots);
  const modules = difference(from.gauges.modules, to.gauges.modules);
  const memory = difference(from.gauges.memoryBytes, to.gauges.memoryBytes);
  const held = Math.max(0, live);
  // A living value has one slot at most: what is beyond them belongs to operations that wait.
  const isLazy = slots !== undefined && slots - held >= MIN_COUNT && slots >= HIGH_WATER_RATIO * held;
  if (live >= MIN_COUNT) {
    causes.push({
      kind: "lost-references",
      library,
      sentence: `${live} more ${library} values are alive than before: nobody released them.`,
      evidence: [`values alive: ${from.live}, then ${to.live}`, ...slotLine(from, to)],
      next: ["create them inside scope(), or release them", "ledger.report() names the places that they come from"],
    });
  }
  if (isLazy) {
    causes.push({
      kind: "lazy-chains",
      library,
      sentence: `${slots} more allocations of ${library} wait behind ${live} more values: operations that nobody has read.`,
      evidence: [`values alive: ${from.live}, then ${to.live}`, ...slotLine(from, to)],
      next: ["read the value now and then: that carries out what waits"],
    });
  }
  if (slots === undefined) open.push({ kind: "lazy-chains", library, needs: NEEDS });
  if (modules === undefined) open.push({ kind: "compile-caches", library, needs: NEEDS });
  else if (modules >= MIN_COUNT) {
    causes.push({
      kind: "compile-caches",
      library,
      sentence: `${modules} more compiled modules are kept: the code that ${library} compiles is a new one each time.`,
      evidence: [`WebAssembly modules: ${from.gauges.modules ?? 0}, then ${to.gauges.modules ?? 0}`],
      next: ["pass changing numbers as arguments, not as constants", "compile a function once, outside of the loop"],
    });
  }
  const isHighWater = judgeHighWater(from, to, memory, slots, isLazy);
  if (isHighWater === undefined) open.push({ kind: "wasm-high-water", library, needs: NEEDS });
  else if (isHighWater) {
    causes.push({
      kind: "wasm-high-water",
      library,
      sentence: `${formatBytes(memory ?? 0)} of WebAssembly memory were taken and can never shrink, though little of it is in use.`,
      evidence: [
        `WebAssembly memory: ${formatBytes(from.gauges.memoryBytes ?? 0)}, then ${formatBytes(to.gauges.memoryBytes ?? 0)}`,
        `living values hold ${to.bytes === undefined ? "an unknown share" : formatBytes(to.bytes)} of it`,
      ],
      next: ["use few fixed sizes, so that freed blocks fit again", "only a fresh worker or process gives it back"],
    });
  }
  return { causes, open };
}

/** Default: it cannot be told. */
function judgeHighWater(
  from: LibraryReading,
  to: LibraryReading,
  memory: number | undefined,
  slots: number | undefined,
  isLazy: boolean,
): boolean | undefined {
  if (memory === undefined) return undefined;
  if (memory < MIN_BYTES || isLazy) return false;
  const bytes = difference(from.bytes ?? 0, to.bytes);
  if (to.live <= from.live && slots !== undefined && slots <= 0) return true;
  if (bytes === undefined || slots === undefined) return undefined;
  return memory >= HIGH_WATER_RATIO * Math.max(0, bytes);
}

function slotLine(from: LibraryReading, to: LibraryReading): string[] {
  const [before, after] = [from.gauges.slots, to.gauges.slots];
  return before === undefined || after === undefined ? [] : [`allocations behind them: ${before}, then ${after}`];
}

function difference(from: number | undefined, to: number | undefined): number | undefined {
  return from === undefined || to === undefined ? undefined : to - from;
}

/** Heap in use after collections, in bytes. */
export interface HeapReadings {
  /** At the first reading. */
  readonly from: number;
  /** At the last one, before the event-loop turn ended. */
  readonly beforeTurn: number;
  /** After it. */
  readonly afterTurn: number;
}

/** Names `kept-weakrefs` where one turn of the event loop frees what a loop had piled up. Default: it does not. */
export function judgeTurn({ from, beforeTurn, afterTurn }: HeapReadings): GrowthCause | undefined {
  const rose = beforeTurn - from;
  const freed = beforeTurn - afterTurn;
  if (rose < MIN_BYTES || freed < rose / 2) return undefined;
  return {
    kind: "kept-weakrefs",
    library: undefined,
    sentence: `The heap rose by ${formatBytes(rose)}, and one turn of the event loop freed ${formatBytes(freed)}: targets of WeakRefs live until the turn ends.`,
    evidence: [
      `heap after collections: ${[from, beforeTurn, afterTurn].map((bytes) => formatBytes(bytes)).join(", then ")}`,
    ],
    next: ["await yieldTurn() in each round of the loop"],
  };
}
