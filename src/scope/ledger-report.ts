/**
 * What a ledger can be asked, and what it answers.
 */
import type { AdapterGauges } from "./adapter.ts";
import type { GrowthCause, LibraryReading, OpenCause } from "./causes.ts";

/** Living values from one place in the program. */
export interface LedgerSite {
  /** The place, as V8 writes a frame: `step (file:///srv/model.ts:12:7)`. */
  readonly place: string;
  /** The way there, innermost first. */
  readonly frames: readonly string[];
  /** Living values, estimated from the noted ones. */
  readonly live: number;
  /** Their bytes outside of the JavaScript heap, estimated. Default: not known. */
  readonly bytes: number | undefined;
  /** Age of the oldest noted one, in milliseconds. */
  readonly oldestMs: number;
}

/** The account of one library. */
export interface LedgerRow {
  /** The adapter's name. */
  readonly name: string;
  /** Values created since it was adopted. */
  readonly created: number;
  /** Values gone since then. */
  readonly released: number;
  /** Values alive: the difference. Exact. */
  readonly live: number;
  /** Bytes of the living ones, estimated from the noted ones. Default: not known. */
  readonly bytes: number | undefined;
  /** The library's own figures. Default: empty. */
  readonly gauges: AdapterGauges;
  /** Places with the most living values first. Bound: the `sites` asked for. */
  readonly sites: readonly LedgerSite[];
}

/** A scope that has not ended. */
export interface OpenScope {
  /** Where it was opened. */
  readonly place: string;
  /** For how long it has been open, in milliseconds. */
  readonly ageMs: number;
  /** Values that it owns. */
  readonly values: number;
}

/** Everything that the ledger knows at a moment. */
export interface LedgerReport {
  /** One row an adopted library. */
  readonly rows: readonly LedgerRow[];
  /** Asynchronous scopes that are open, oldest first. At most 20. */
  readonly openScopes: readonly OpenScope[];
}

/** Figures at a moment, to compare later ones with. */
export interface LedgerMark {
  /** Heap in use after a collection, in bytes. */
  readonly heapUsedBytes: number;
  /** By the name of an adapter. */
  readonly libraries: ReadonlyMap<string, LibraryReading>;
}

/** What has made memory grow. */
export interface GrowthExplanation {
  /** Causes that the figures show. Empty where nothing grew. */
  readonly causes: readonly GrowthCause[];
  /** Causes that cannot be told here, with what they need. */
  readonly open: readonly OpenCause[];
}

/** What is alive in this thread. */
export interface Ledger {
  /**
   * Living values. Exact.
   *
   * @param name - of one library. Default: of all.
   */
  live(name?: string): number;
  /**
   * What is alive now.
   *
   * @param options - `sites`: places a library at most. Default: 5.
   */
  report(options?: { readonly sites?: number }): LedgerReport;
  /**
   * Reads what {@link Ledger.explain} compares with. Collects garbage, and the thread stands still meanwhile.
   *
   * @throws PlimsollError `ERR_PLIMSOLL_GC_UNAVAILABLE` when V8 does not hand out its collector.
   */
  mark(): LedgerMark;
  /**
   * Names what has made memory grow since a mark, out of five causes. Ends the event-loop turn, and collects garbage twice.
   *
   * @param since - of {@link Ledger.mark}. A library that was adopted later is not judged.
   * @throws PlimsollError `ERR_PLIMSOLL_GC_UNAVAILABLE` when V8 does not hand out its collector.
   */
  explain(since: LedgerMark): Promise<GrowthExplanation>;
  /**
   * Notes the place of every value of a library until disposed, for the second run of a program whose first
   * showed what leaks. About 2 us a value.
   *
   * @param name - of the library.
   */
  replay(name: string): Disposable;
}
