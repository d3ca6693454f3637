/**
 * What a diagnosis says: kinds, findings and verdicts. A finding states its evidence, what was ruled
 * out, how sure it is and what would change that; too little data is said as such.
 */
import type { CodeLocation } from "../base/wire.ts";

/** The kinds of memory growth that a verdict can name, strongest evidence first. */
export const VERDICT_KINDS = [
  "js-heap",
  "buffers",
  "external",
  "workers",
  "native",
  "mappings",
  "compiled-code",
  "weakref-held",
  "wasm",
  "allocator-retained",
  "mapped-files",
  "gc-slack",
  "plateau",
  "healthy",
  "undetermined",
] as const;

/** One kind of verdict, see `docs/diagnose.md`. */
export type VerdictKind = (typeof VERDICT_KINDS)[number];

/** A kind that was considered and does not hold, with the reason in words and figures. */
export interface RuledOut {
  readonly kind: VerdictKind;
  readonly why: string;
}

/** The code that allocates what grows. */
export interface GrowthLocation {
  readonly file: string;
  /** Line on which the function starts, from 1. */
  readonly line: number;
  readonly function: string;
  /** Set when the function may have been inlined and its caller billed instead. */
  readonly inlinedInto?: string;
}

/** One thing that grows. */
export interface Growth {
  /** In words: `objects allocated in handler`. */
  readonly what: string;
  readonly kind: VerdictKind;
  readonly bytesPerSecond: number;
  /** Growth over the observed stretch. */
  readonly bytes: number;
  /** Sampled objects behind it; 0 when unknown. */
  readonly count: number;
  readonly bytesPerRequest?: number;
  readonly where?: GrowthLocation;
  readonly callers?: readonly CodeLocation[];
  /** The collection that keeps the values; only from a census, a ledger or a snapshot. */
  readonly holder?: string;
}

/** What one rule concludes from the evidence. */
export interface Finding {
  readonly kind: VerdictKind;
  readonly leak: boolean;
  /** 0..1 */
  readonly confidence: number;
  readonly sentence: string;
  readonly evidence: readonly string[];
  /** What to do next, most useful first. */
  readonly next: readonly string[];
  /** What would change this verdict. */
  readonly wouldChange: string;
  readonly growth: readonly Growth[];
}

/** The verdict on one process or one thread of it. */
export interface Verdict {
  readonly kind: VerdictKind;
  readonly leak: boolean;
  /** 0..1 */
  readonly confidence: number;
  readonly sentence: string;
  readonly evidence: readonly string[];
  readonly ruledOut: readonly RuledOut[];
  readonly next: readonly string[];
  readonly wouldChange: string;
}

/** A verdict with what grows, for one process or one of its workers. */
export interface ProcessDiagnosis {
  readonly pid: number;
  /** Absent for the whole process (judged on its main thread); a worker's id otherwise. */
  readonly thread?: number;
  readonly name: string;
  readonly observed: boolean;
  readonly verdict: Verdict;
  readonly growth: readonly Growth[];
}

/** The headline verdict, and one for each process and worker. */
export interface Diagnosis {
  /** The strongest of `processes`. */
  readonly verdict: Verdict;
  readonly growth: readonly Growth[];
  readonly processes: readonly ProcessDiagnosis[];
  /** Seconds until the limit is reached at the present rate; `undefined` when it is not rising. */
  readonly secondsToLimit?: number;
}
