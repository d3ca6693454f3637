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
  /** The kind that does not hold. */
  readonly kind: VerdictKind;
  /** In words and figures. */
  readonly why: string;
}

/** The code that allocates what grows. */
export interface GrowthLocation {
  /** Path or URL, mapped through a source map where there is one. */
  readonly file: string;
  /** Line on which the function starts, from 1; of values that a ledger names, the line of the call that made them. */
  readonly line: number;
  /** Its name; `(anonymous)` where it has none. */
  readonly function: string;
  /** Set when the function may have been inlined and its caller billed instead. */
  readonly inlinedInto?: string;
}

/** One thing that grows. */
export interface Growth {
  /** In words: `objects allocated in handler`. */
  readonly what: string;
  /** The kind of memory. */
  readonly kind: VerdictKind;
  /** Robust slope over the warm part of the run. */
  readonly bytesPerSecond: number;
  /** Growth over the observed stretch. */
  readonly bytes: number;
  /** Sampled objects behind it; 0 when unknown. */
  readonly count: number;
  /** Set where HTTP requests were seen. */
  readonly bytesPerRequest?: number;
  /** The allocating code; absent when it is not known. */
  readonly where?: GrowthLocation;
  /** Its callers, nearest first. */
  readonly callers?: readonly CodeLocation[];
  /** The collection that keeps the values; only from a census, a ledger or a snapshot. */
  readonly holder?: string;
}

/** What one rule concludes from the evidence. */
export interface Finding {
  /** What the rule found. */
  readonly kind: VerdictKind;
  /** True when it grows without bound. */
  readonly leak: boolean;
  /** 0..1 */
  readonly confidence: number;
  /** The finding in one sentence. */
  readonly sentence: string;
  /** Figures that speak for it. */
  readonly evidence: readonly string[];
  /** What to do next, most useful first. */
  readonly next: readonly string[];
  /** What would change this verdict. */
  readonly wouldChange: string;
  /** What grows, largest first. */
  readonly growth: readonly Growth[];
}

/** The verdict on one process or one thread of it. */
export interface Verdict {
  /** The kind of memory, or why none is named. */
  readonly kind: VerdictKind;
  /** True when it grows without bound. */
  readonly leak: boolean;
  /** 0..1 */
  readonly confidence: number;
  /** The verdict in one sentence. */
  readonly sentence: string;
  /** Figures that speak for it. */
  readonly evidence: readonly string[];
  /** The other kinds, each with the reason. */
  readonly ruledOut: readonly RuledOut[];
  /** What to do next, most useful first. */
  readonly next: readonly string[];
  /** What would change this verdict. */
  readonly wouldChange: string;
}

/** A verdict with what grows, for one process or one of its workers. */
export interface ProcessDiagnosis {
  /** Process id. */
  readonly pid: number;
  /** Absent for the whole process (judged on its main thread); a worker's id otherwise. */
  readonly thread?: number;
  /** Base names of program and script. */
  readonly name: string;
  /** False when it was measured from outside only. */
  readonly observed: boolean;
  /** The verdict on it. */
  readonly verdict: Verdict;
  /** What grows in it, largest first. */
  readonly growth: readonly Growth[];
}

/** The headline verdict, and one for each process and worker. */
export interface Diagnosis {
  /** The strongest of `processes`. */
  readonly verdict: Verdict;
  /** Of the process with the headline verdict. */
  readonly growth: readonly Growth[];
  /** One for each process, and for each worker. */
  readonly processes: readonly ProcessDiagnosis[];
  /** Seconds until the limit is reached at the present rate; `undefined` when it is not rising. */
  readonly secondsToLimit?: number;
}
