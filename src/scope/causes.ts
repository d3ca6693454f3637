/**
 * Why a library's memory grew between two readings. Five causes look alike in the resident set; counts of
 * values, of allocations behind them and of compiled modules tell them apart. Growth below the noise has no
 * cause, and one whose figure the adapter does not give is not named.
 */
import type { AdapterGauges } from "./adapter.ts";

/** Fewer new values, slots or modules than these are noise. */
const MIN_COUNT = 32;
/** Less growth than this is noise, in bytes. */
const MIN_BYTES = 4 << 20;
/** Fewer bytes for each living slot than these are no high-water mark. */
const MIN_BYTES_PER_SLOT = 1 << 20;

/** What the ledger reads of one library at a moment. */
export interface CauseReading {
  /** Living values. */
  readonly live: number;
  /** The library's own figures. */
  readonly gauges: AdapterGauges;
  /** V8's heap in use, in bytes; comparable only right after a collection. */
  readonly heapUsedBytes: number;
}

/** A cause of growth, with what shows it and what cures it. */
export type GrowthCause =
  | { readonly kind: "lost-references"; readonly live: number; readonly evidence: string; readonly cure: string }
  | { readonly kind: "lazy-chains"; readonly slots: number; readonly evidence: string; readonly cure: string }
  | { readonly kind: "kept-weakrefs"; readonly heapBytes: number; readonly evidence: string; readonly cure: string }
  | { readonly kind: "compile-caches"; readonly modules: number; readonly evidence: string; readonly cure: string }
  | {
      readonly kind: "wasm-high-water";
      readonly memoryBytes: number;
      readonly evidence: string;
      readonly cure: string;
    };

/**
 * Names the causes of growth; none where there is no growth above the noise.
 *
 * @param from - the first reading.
 * @param to - the last one.
 * @param beforeTurn - one before the turn of the event loop that ended just before `to`. Default: `kept-weakrefs` is not told.
 */
export function nameCauses(from: CauseReading, to: CauseReading, beforeTurn?: CauseReading): GrowthCause[] {
  const causes: GrowthCause[] = [];
  const live = to.live - from.live;
  const slots = difference(from.gauges.slots, to.gauges.slots);
  const modules = difference(from.gauges.modules, to.gauges.modules);
  const memoryBytes = difference(from.gauges.memoryBytes, to.gauges.memoryBytes);
  if (live >= MIN_COUNT) {
    const evidence = `${live} more values live${slots === undefined ? "" : `, and ${slots} more slots`}`;
    causes.push({ kind: "lost-references", live, evidence, cure: "Release them, or create them inside scope()." });
  } else if (slots !== undefined && slots >= MIN_COUNT) {
    const evidence = `${slots} more slots, but only ${live} more values`;
    causes.push({
      kind: "lazy-chains",
      slots,
      evidence,
      cure: "Read the value now and then: that carries out what waits.",
    });
  }
  if (modules !== undefined && modules >= MIN_COUNT) {
    const evidence = `${modules} more compiled modules`;
    const cure = "Pass changing scalars as arguments, and compile a function once.";
    causes.push({ kind: "compile-caches", modules, evidence, cure });
  }
  const leftSlots = to.gauges.slots;
  if (
    memoryBytes !== undefined &&
    leftSlots !== undefined &&
    memoryBytes >= MIN_BYTES &&
    memoryBytes >= MIN_BYTES_PER_SLOT * Math.max(1, leftSlots)
  ) {
    const evidence = `${memoryBytes} more bytes taken from the system for ${leftSlots} living slots`;
    const cure = "Use few fixed sizes; only a fresh process or worker gives the memory back.";
    causes.push({ kind: "wasm-high-water", memoryBytes, evidence, cure });
  }
  if (beforeTurn) {
    const rose = beforeTurn.heapUsedBytes - from.heapUsedBytes;
    const heapBytes = beforeTurn.heapUsedBytes - to.heapUsedBytes;
    if (rose >= MIN_BYTES && heapBytes >= rose / 2) {
      const evidence = `the heap rose by ${rose} bytes, and one turn of the event loop freed ${heapBytes} of them`;
      causes.push({ kind: "kept-weakrefs", heapBytes, evidence, cure: "await yieldTurn() in each round of the loop." });
    }
  }
  return causes;
}

function difference(from: number | undefined, to: number | undefined): number | undefined {
  return from === undefined || to === undefined ? undefined : to - from;
}
