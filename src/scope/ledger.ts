/**
 * What is alive, of which library, how many, how many bytes, since when, and from where. Counting is always on;
 * places are noted for some values only. The ledger holds no value.
 */
import { publish } from "../base/channels.ts";
import { type Clock, systemClock } from "../base/clock.ts";
import { collectGarbage } from "../probe/collector.ts";
import { judgeLibrary, judgeTurn, type LibraryReading } from "./causes.ts";
import { type CreationSample, CreationSamples } from "./creation-samples.ts";
import type { AnyAdapter, Frame } from "./frame.ts";
import type {
  GrowthExplanation,
  Ledger,
  LedgerMark,
  LedgerReport,
  LedgerRow,
  LedgerSite,
  OpenScope,
} from "./ledger-report.ts";
import { readCreationSite, readSite } from "./stack-site.ts";

/** How often the ledger tells its listeners, in milliseconds. */
const TELLING_MS = 1000;
/** An asynchronous scope open for longer is reported, in milliseconds. */
const STALLED_MS = 60_000;

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

  mark(): LedgerMark {
    // First: a library may look for what it counts, and makes values meanwhile.
    const libraries = this.#libraries();
    return { heapUsedBytes: readLiveHeap(), libraries };
  }

  async explain(since: LedgerMark): Promise<GrowthExplanation> {
    const beforeTurn = this.mark();
    await new Promise((resolve) => setImmediate(resolve));
    const readings = { from: since.heapUsedBytes, beforeTurn: beforeTurn.heapUsedBytes, afterTurn: readLiveHeap() };
    const turn = judgeTurn(readings);
    const verdicts = [...beforeTurn.libraries].flatMap(([name, to]) => {
      const from = since.libraries.get(name);
      return from ? [judgeLibrary(name, from, to)] : [];
    });
    return {
      causes: [...verdicts.flatMap(({ causes }) => causes), ...(turn ? [turn] : [])],
      open: verdicts.flatMap(({ open }) => open),
    };
  }

  /** Without the places: to format stacks is what a report costs. */
  #libraries(): Map<string, LibraryReading> {
    const readings = new Map<string, LibraryReading>();
    for (const { adapter, createdCount, releasedCount, samples } of this.#accounts.values()) {
      let bytes: number | undefined;
      for (const sample of samples.list()) bytes = add(bytes, bytesOf(sample));
      readings.set(adapter.name, { live: createdCount - releasedCount, bytes, gauges: adapter.gauges?.() ?? {} });
    }
    return readings;
  }

  #row({ adapter, createdCount, releasedCount, samples }: LedgerAccount, now: number, siteCount: number): LedgerRow {
    const sites = new Map<string, LedgerSite>();
    let bytes: number | undefined;
    for (const sample of samples.list()) {
      sample.site ??= readCreationSite(sample.mark);
      const { place, frames } = sample.site;
      const before = sites.get(place);
      const sampleBytes = bytesOf(sample);
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

/** Heap in use after a collection, in bytes. */
function readLiveHeap(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

/** Bytes of the values that a sample stands for. */
function bytesOf({ bytes, weight }: CreationSample): number | undefined {
  return bytes === undefined ? undefined : bytes * weight;
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
