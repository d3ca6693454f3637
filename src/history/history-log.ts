/**
 * The log of a store on its storage: opened and recovered, appended to, read, and replaced by a compacted one
 * while the program goes on. What the store knows beyond it is the newest state.
 */
import type { ByteBudget } from "../base/byte-budget.ts";
import { Compaction, type NewestStep } from "./compaction.ts";
import type { HistoryStorage } from "./driver.ts";
import type { Graph } from "./graph.ts";
import type { HistoryOptions } from "./history-options.ts";
import { LogBuilder } from "./log-builder.ts";
import { LogReader } from "./log-reader.ts";
import { LogWriter } from "./log-writer.ts";
import { PageCache } from "./page-cache.ts";
import { positionOf } from "./record.ts";
import { LogContent, readGeneration, removeOthers, writeGeneration } from "./recovery.ts";
import { listSteps } from "./step-list.ts";
import { chooseSteps, type Keep, type Thinning } from "./thinning.ts";
import type { LogView } from "./version-loader.ts";

const DEFAULT_SEGMENT_BYTES = 8 * 2 ** 20;
/** Log between two keyframes, in bytes: what a restore reads at most. */
const DEFAULT_KEYFRAME_BYTES = 2 ** 20;
/** When so few steps are left to be copied, those that come are copied in memory. */
const FEW_STEPS = 1000;

/** What a compaction needs to know of the store. */
export interface NewestState {
  /** The step that the next one follows. */
  readonly step: number;
  /** Its state. */
  readonly graph: Graph;
}

/** The log of a store. */
export class HistoryLog {
  readonly #options: HistoryOptions;
  readonly #budget: ByteBudget;
  readonly #storage: HistoryStorage;
  #builder: LogBuilder;
  #reader: LogReader;
  /** Steps saved while the last ones are copied by a compaction. */
  #tail: NewestStep[] | undefined;
  #thinning: Promise<unknown> | undefined;
  /** While a compacted log takes the place of the old one. */
  #switching: Promise<void> | undefined;

  private constructor(options: HistoryOptions, budget: ByteBudget, storage: HistoryStorage, content: LogContent) {
    this.#options = options;
    this.#budget = budget;
    this.#storage = storage;
    this.#reader = this.#openReader(content.generation);
    this.#builder = this.#openBuilder(content, this.#reader);
  }

  /** Opens the storage and reads what is there; a writer cuts off what a crash has left unfinished. */
  static async open(options: HistoryOptions, budget: ByteBudget): Promise<HistoryLog> {
    const { driver, readOnly = false } = options;
    const storage = await driver.open(readOnly ? "read" : "write");
    try {
      let generation = await readGeneration(storage, !readOnly);
      if (generation === 0 && !readOnly) {
        generation = 1;
        await writeGeneration(storage, generation);
      }
      if (!readOnly) await removeOthers(storage, generation);
      const content = new LogContent(generation);
      const torn = await content.read(storage, driver.name);
      if (torn && !readOnly) await storage.truncate(torn.file, torn.from);
      return new HistoryLog(options, budget, storage, content);
    } catch (error) {
      await storage.close();
      throw error;
    }
  }

  /** The end of the log. */
  get builder(): LogBuilder {
    return this.#builder;
  }

  get reader(): LogReader {
    return this.#reader;
  }

  /** Milliseconds since the Unix epoch. */
  get nowMs(): number {
    return (this.#options.now ?? Date.now)();
  }

  /** Adds a step. */
  add(step: number, parent: number, cells: number, content: Uint8Array): void {
    const timeMs = this.nowMs;
    this.#builder.add(step, timeMs, parent, cells, content);
    this.#tail?.push({ step, timeMs, parent, cells, content: content.slice() });
  }

  /** The log as it can be read now. */
  async view(): Promise<LogView> {
    if (!this.#options.readOnly) await this.#drain();
    const { content, log } = this.#builder;
    const end = this.#options.readOnly ? content.end : log.taken;
    return { index: content.index, reader: this.#reader, end, failure: log.failure };
  }

  /** Resolves when everything is safe. */
  async flush(): Promise<void> {
    await this.#switching;
    await this.#drain();
    const { failure } = this.#builder.log;
    if (failure) throw failure;
    await this.#storage.sync();
  }

  /** Resolves when no compaction runs. */
  async rest(): Promise<void> {
    while (this.#thinning) await this.#thinning;
  }

  /** Drops steps and writes the rest anew; `newest` is asked at the beginning and at the end. */
  async thin(keep: Keep, newest: () => NewestState): Promise<Thinning> {
    if (this.#thinning) await this.rest();
    const thinning = this.#compact(keep, newest);
    this.#thinning = thinning.catch(() => undefined).then(() => (this.#thinning = undefined));
    return thinning;
  }

  /** Reads what another process has written since. */
  async refresh(): Promise<void> {
    const generation = await readGeneration(this.#storage, false);
    if (generation !== this.#reader.generation) {
      this.#reader.retire();
      this.#reader = this.#openReader(generation);
      this.#builder = this.#openBuilder(new LogContent(generation), this.#reader);
    }
    await this.#builder.content.read(this.#storage, this.#options.driver.name);
  }

  /** Lets go of the storage. */
  async close(): Promise<void> {
    try {
      if (!this.#options.readOnly) await this.flush();
    } finally {
      this.#reader.cache.release();
      await this.#storage.close();
    }
  }

  /** Builds the log that takes the place of this one, and puts it there. */
  async #compact(keep: Keep, newest: () => NewestState): Promise<Thinning> {
    const { names } = this.#builder.content;
    // All of this is as it was when it was called; steps saved from here on stay.
    const { last, size } = this.#builder;
    const always = new Set([newest().step, ...names.tags.values(), ...names.branches.values()]);
    const { kept, thinning } = await chooseSteps(listSteps(await this.view()), keep, size, last, this.nowMs, always);
    const reader = this.#openReader(this.#reader.generation + 1);
    const builder = this.#openBuilder(new LogContent(reader.generation), reader);
    builder.addName("branch", names.current, 0);
    const compaction = new Compaction(builder, reader, (step) => step > last || kept.has(step));
    try {
      do await compaction.copy(await this.view(), this.#builder.last);
      while (this.#builder.last - compaction.reached > FEW_STEPS);
      this.#tail = [];
      await compaction.copy(await this.view(), this.#builder.last);
      const next = this.#tail.find(({ step }) => step > compaction.reached);
      await compaction.standAt(await this.view(), next?.parent ?? newest().step);
    } catch (error) {
      this.#tail = undefined;
      reader.cache.release();
      await removeOthers(this.#storage, this.#reader.generation);
      throw error;
    }
    // From here to the change of the log nothing is awaited: no step can slip in between.
    for (const step of this.#tail) if (step.step > compaction.reached) compaction.addNewest(step);
    this.#tail = undefined;
    for (const [tag, step] of names.tags) builder.addName("tag", tag, step);
    for (const [branch, step] of names.branches) builder.addName("branch", branch, step);
    builder.addName("branch", names.current, names.find(names.current) ?? 0);
    compaction.handOver(newest().graph);
    const old = this.#reader;
    this.#builder = builder;
    this.#reader = reader;
    old.retire();
    this.#switching = this.#makeCurrent(reader.generation).finally(() => (this.#switching = undefined));
    await this.#switching;
    return thinning;
  }

  async #makeCurrent(generation: number): Promise<void> {
    await this.#drain();
    if (this.#builder.log.failure) throw this.#builder.log.failure;
    await this.#storage.sync();
    await writeGeneration(this.#storage, generation);
    await removeOthers(this.#storage, generation);
  }

  async #drain(): Promise<void> {
    const { log } = this.#builder;
    if (!log.failure) this.#builder.seal();
    await log.settle();
  }

  #openReader(generation: number): LogReader {
    return new LogReader(this.#storage, this.#options.driver.name, generation, new PageCache(this.#budget));
  }

  #openBuilder(content: LogContent, reader: LogReader): LogBuilder {
    const { driver, segmentBytes = DEFAULT_SEGMENT_BYTES, keyframeBytes = DEFAULT_KEYFRAME_BYTES } = this.#options;
    const end = content.end === 0 ? positionOf(1, 0) : content.end;
    const log = new LogWriter(this.#storage, driver.name, content.generation, end, segmentBytes);
    return new LogBuilder(content, log, keyframeBytes, (place) => reader.recall(place));
  }
}
