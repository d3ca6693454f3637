/**
 * What is alive, of which library, how many, how many bytes, since when, and from where. Counting is always on;
 * places are noted for some values only. The ledger holds no value.
 */
import { publish } from "../base/channels.ts";
import { type Clock, systemClock } from "../base/clock.ts";
import type { AdapterGauges } from "./adapter.ts";
import { CreationSamples } from "./creation-samples.ts";
import type { AnyAdapter, Frame } from "./frame.ts";
import { readCreationSite, readSite } from "./stack-site.ts";

/** How often the ledger tells its listeners, in milliseconds. */
const TELLING_MS = 1000;
/** An asynchronous scope open for longer is reported, in milliseconds. */
const STALLED_MS = 60_000;

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
   * Notes the place of every value of a library until disposed, for the second run of a program whose first
   * showed what leaks. About 2 us a value.
   *
   * @param name - of the library.
   */
  replay(name: string): Disposable;
}

/** Counts the values of one library. */
export class LedgerAccount {
  /** The library. */
  readonly adapter: AnyAdapter;
  /** Places of living values. */
  readonly samples: CreationSamples;
  /** Values created. */
  createdCount = 0;
  /** Values gone. */
  releasedCount = 0;
  readonly #onChange: () => void;

  constructor(adapter: AnyAdapter, now: () => number, onChange: () => void) {
    this.adapter = adapter;
    this.samples = new CreationSamples(adapter.bytes && ((value) => adapter.bytes?.(value)), now);
    this.#onChange = onChange;
  }

  /** Takes in a new value. */
  created(value: object): void {
    this.createdCount++;
    this.samples.add(value);
    this.#onChange();
  }

  /** Takes in that a value is gone. */
  released(value: object): void {
    this.releasedCount++;
    this.samples.delete(value);
  }
}

/** The accounts of all adopted libraries, and the asynchronous scopes that are open. */
export class LedgerBook implements Ledger {
  readonly #accounts = new Map<AnyAdapter, LedgerAccount>();
  readonly #scopes = new Set<Frame>();
  readonly #told = new WeakSet<Frame>();
  readonly #clock: Clock;
  #ticking: Disposable | undefined;

  /** @param clock - Default: the machine's. */
  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /** Opens the account of a library; closes it when disposed. */
  open(adapter: AnyAdapter): Disposable {
    this.#accounts.set(
      adapter,
      new LedgerAccount(
        adapter,
        () => this.#clock.now(),
        () => this.#tick(),
      ),
    );
    return { [Symbol.dispose]: () => void this.#accounts.delete(adapter) };
  }

  /** The account of a library that was opened. */
  account(adapter: AnyAdapter): LedgerAccount {
    const account = this.#accounts.get(adapter);
    if (!account) throw new Error(`no account of ${adapter.name}`);
    return account;
  }

  /** Takes in an asynchronous scope; it goes when disposed. */
  watch(frame: Frame): Disposable {
    this.#scopes.add(frame);
    this.#tick();
    return { [Symbol.dispose]: () => void this.#scopes.delete(frame) };
  }

  live(name?: string): number {
    let live = 0;
    for (const { adapter, createdCount, releasedCount } of this.#accounts.values())
      if (name === undefined || adapter.name === name) live += createdCount - releasedCount;
    return live;
  }

  replay(name: string): Disposable {
    const found = [...this.#accounts.values()].filter(({ adapter }) => adapter.name === name);
    for (const { samples } of found) samples.noteAll();
    return {
      [Symbol.dispose]: () => {
        for (const { samples } of found) samples.noteSome();
      },
    };
  }

  report(options: { readonly sites?: number } = {}): LedgerReport {
    const now = this.#clock.now();
    const rows = [...this.#accounts.values()].map((account) => this.#row(account, now, options.sites ?? 5));
    const openScopes = [...this.#scopes].slice(0, 20).map((frame) => openScope(frame, now));
    return { rows, openScopes };
  }

  #row({ adapter, createdCount, releasedCount, samples }: LedgerAccount, now: number, siteCount: number): LedgerRow {
    const sites = new Map<string, LedgerSite>();
    let bytes: number | undefined;
    for (const sample of samples.list()) {
      const { place, frames } = readCreationSite(sample.mark);
      const before = sites.get(place);
      const sampleBytes = sample.bytes === undefined ? undefined : sample.bytes * sample.weight;
      bytes = add(bytes, sampleBytes);
      sites.set(place, {
        place,
        frames,
        live: (before?.live ?? 0) + sample.weight,
        bytes: add(before?.bytes, sampleBytes),
        oldestMs: Math.max(before?.oldestMs ?? 0, now - sample.createdMs),
      });
    }
    return {
      name: adapter.name,
      created: createdCount,
      released: releasedCount,
      live: createdCount - releasedCount,
      bytes,
      gauges: adapter.gauges?.() ?? {},
      sites: [...sites.values()].sort((a, b) => b.live - a.live).slice(0, siteCount),
    };
  }

  /** The timer runs from the first event on while there is something to tell of. */
  #tick(): void {
    this.#ticking ??= this.#clock.every(TELLING_MS, () => this.#tell());
  }

  #tell(): void {
    publish("plimsoll:ledger:report", () => this.report());
    const now = this.#clock.now();
    for (const frame of this.#scopes) {
      if (now - frame.openedMs < STALLED_MS || this.#told.has(frame)) continue;
      this.#told.add(frame);
      publish("plimsoll:scope:stalled", () => openScope(frame, now));
    }
    if (this.#accounts.size > 0 || this.#scopes.size > 0) return;
    this.#ticking?.[Symbol.dispose]();
    this.#ticking = undefined;
  }
}

function openScope(frame: Frame, now: number): OpenScope {
  const place = frame.openedAt ? readSite(frame.openedAt).place : "an unknown place";
  return { place, ageMs: now - frame.openedMs, values: frame.size };
}

function add(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : a + (b ?? 0);
}

/** The ledger of this thread, with the doors that only scopes use. */
export const book = new LedgerBook();
