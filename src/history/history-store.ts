/**
 * A history of states that costs what changes: each step is a list of changed cells in a log, now and then
 * a keyframe makes the changed pages readable at once, and pages are cached in bounded memory. Saving is
 * synchronous and touches no storage that is slow to answer; everything that reads is asynchronous.
 */
import type { ByteBudget, ByteLease } from "../base/byte-budget.ts";
import { formatBytes, parseBytes, type SizeInput } from "../base/bytes.ts";
import { PlimsollError } from "../base/errors.ts";
import { byteLimit } from "./byte-limit.ts";
import { ByteWriter } from "./byte-writer.ts";
import { Compaction, type NewestStep } from "./compaction.ts";
import { type Change, diffNodes } from "./diff.ts";
import type { HistoryDriver, HistoryStorage } from "./driver.ts";
import { Graph } from "./graph.ts";
import { LogBuilder } from "./log-builder.ts";
import { LogReader } from "./log-reader.ts";
import { LogWriter } from "./log-writer.ts";
import { PageCache } from "./page-cache.ts";
import { Patch } from "./patch.ts";
import { positionOf } from "./record.ts";
import { type Damage, LogContent, readGeneration, removeOthers, writeGeneration } from "./recovery.ts";
import { StateView } from "./state-view.ts";
import { StateWriter } from "./state-writer.ts";
import { listSteps, parentOf, type StepInfo } from "./step-list.ts";
import { chooseSteps, type Keep, type Thinning } from "./thinning.ts";
import { loadGraph, loadNewest, openVersion, type LogView } from "./version-loader.ts";
import type { Version } from "./version.ts";

/** How a history is opened. */
export interface HistoryOptions {
  /** Where it lies. */
  readonly driver: HistoryDriver;
  /**
   * Memory for the newest state, for what is not written yet and for the cache: a size, or a budget that
   * others share. Default: 32 MB.
   */
  readonly memory?: SizeInput | ByteBudget;
  /** True for somebody who reads what another process writes. Default: false. */
  readonly readOnly?: boolean;
  /**
   * True when an object that was saved is never changed afterwards: saving a state then costs what is new in
   * it, and not a walk over all of it. Default: false.
   */
  readonly immutable?: boolean;
  /** Bytes of a file of the log, after which the next one is begun. Default: 8 MB. */
  readonly segmentBytes?: number;
  /**
   * Bytes of log after which a keyframe is written even if it is large, which bounds what a restore reads.
   * Default: 1 MB.
   */
  readonly keyframeBytes?: number;
  /** Reads the time of a step, in milliseconds since the Unix epoch. Default: `Date.now`. */
  readonly now?: () => number;
}

const DEFAULT_MEMORY_BYTES = 32 * 2 ** 20;
const DEFAULT_SEGMENT_BYTES = 8 * 2 ** 20;
/** Log between two keyframes, in bytes: what a restore reads at most. */
const DEFAULT_KEYFRAME_BYTES = 2 ** 20;
/** The lease is taken in steps of this size. */
const RESERVE_BYTES = 64 * 1024;
/** When so few steps are left to be copied, those that come are copied in memory. */
const FEW_STEPS = 1000;

/** A history of states of type `T`. */
export class HistoryStore<T> implements AsyncDisposable {
  readonly #options: HistoryOptions;
  readonly #storage: HistoryStorage;
  readonly #lease: ByteLease;
  readonly #limitBytes: number | undefined;
  readonly #budget: ByteBudget;
  #builder: LogBuilder;
  #reader: LogReader;
  #graph = new Graph();
  #writer: StateWriter;
  readonly #cells = new ByteWriter(2 ** 12);
  #cursor = 0;
  #left: number[] = [];
  /** Steps saved while the last ones are copied by a compaction. */
  #tail: NewestStep[] | undefined;
  /** The compaction that runs. */
  #thinning: Promise<unknown> | undefined;
  /** While a compacted log takes the place of the old one. */
  #switching: Promise<void> | undefined;
  #sweepAt = 1000;
  #isClosed = false;

  private constructor(options: HistoryOptions, storage: HistoryStorage, content: LogContent) {
    this.#options = options;
    this.#storage = storage;
    const { memory = DEFAULT_MEMORY_BYTES } = options;
    const isBudget = typeof memory === "object";
    this.#limitBytes = isBudget ? undefined : parseBytes(memory);
    this.#budget = isBudget ? memory : byteLimit(parseBytes(memory));
    this.#lease = this.#budget.register({ name: "history", shrink: () => 0 });
    this.#reader = this.#openReader(content.generation);
    this.#builder = this.#openLog(content);
    this.#writer = new StateWriter(this.#graph, options.immutable ?? false);
  }

  /**
   * Opens a history, and makes it when there is none. What a crash has left unfinished is cut off.
   *
   * @throws PlimsollError `ERR_PLIMSOLL_HISTORY_LOCKED` when somebody else writes it, `ERR_PLIMSOLL_HISTORY_FORMAT`
   * when a newer version wrote it, `ERR_PLIMSOLL_OVER_LIMIT` when its newest state does not fit into the memory.
   */
  static async open<T>(options: HistoryOptions): Promise<HistoryStore<T>> {
    const { driver, readOnly = false } = options;
    const storage = await driver.open(readOnly ? "read" : "write");
    try {
      let generation = await readGeneration(storage);
      if (generation === 0 && !readOnly) {
        generation = 1;
        await writeGeneration(storage, generation);
      }
      if (!readOnly) await removeOthers(storage, generation);
      const content = new LogContent(generation);
      const torn = await content.read(storage, driver.name);
      if (torn && !readOnly) await storage.truncate(torn.file, torn.from);
      const store = new HistoryStore<T>(options, storage, content);
      await store.#moveTo(content.names.find(content.names.current) ?? content.index.last);
      return store;
    } catch (error) {
      await storage.close();
      throw error;
    }
  }

  /** The step that the next one will follow; 0 before the first. */
  get step(): number {
    return this.#cursor;
  }

  /** The newest step; 0 before the first. */
  get lastStep(): number {
    return this.#builder.last;
  }

  /** Steps that are kept. */
  get size(): number {
    return this.#builder.size;
  }

  /** The branch that the next step moves. */
  get currentBranch(): string {
    return this.#builder.content.names.current;
  }

  /** Branches and their newest steps. */
  get branches(): ReadonlyMap<string, number> {
    return this.#builder.content.names.branches;
  }

  /** Tags and their steps. */
  get tags(): ReadonlyMap<string, number> {
    return this.#builder.content.names.tags;
  }

  /** Memory that it holds, in bytes; estimated for the newest state. */
  get memoryBytes(): number {
    return this.#lease.bytes + this.#reader.cache.bytes;
  }

  /** Damage that was found when it was opened. */
  get damages(): readonly Damage[] {
    return this.#builder.content.damages;
  }

  /**
   * Saves a step: a whole state, which is compared with the one before, or what changed. It is safe once
   * {@link flush} has resolved.
   *
   * @returns its number; they rise from 1.
   * @throws PlimsollError `ERR_PLIMSOLL_UNSAVABLE` for a value that cannot come back, with its path;
   * `ERR_PLIMSOLL_BAD_PATCH` when a patch does not fit; `ERR_PLIMSOLL_OVER_LIMIT` when the state does not fit into the
   * memory; `ERR_PLIMSOLL_HISTORY_BACKLOG` when the storage is slower than the program. Nothing has changed then.
   */
  save(change: T | Patch): number {
    this.#assertWritable();
    const graph = this.#graph;
    const { nextCell } = graph;
    try {
      if (change instanceof Patch) this.#writer.writePatch(change);
      else this.#writer.writeState(change);
      this.#reserve();
    } catch (error) {
      graph.rollback(nextCell);
      this.#writer.forget();
      throw error;
    }
    const step = this.#builder.last + 1;
    this.#cells.clear();
    const cells = graph.commit(this.#cells);
    const timeMs = this.#nowMs();
    const parent = this.#cursor;
    this.#builder.add(step, timeMs, parent, cells, this.#cells.view());
    this.#tail?.push({ step, timeMs, parent, cells, content: this.#cells.take() });
    this.#cursor = step;
    this.#left = [];
    this.#builder.content.names.move(step);
    this.#makeKeyframeWhenDue();
    return step;
  }

  /**
   * Resolves when every step so far would survive a crash, of the machine too where the storage promises that.
   *
   * @throws what the storage said, for instance that the disk is full; the steps that are not safe can be
   * loaded no more once the store is closed.
   */
  async flush(): Promise<void> {
    await this.#switching;
    await this.#drain();
    const { failure } = this.#builder.log;
    if (failure) throw failure;
    await this.#storage.sync();
  }

  /**
   * The state of a step.
   *
   * @param step - Default: the current one.
   * @returns a new value, the caller's own; `undefined` for step 0.
   * @throws PlimsollError `ERR_PLIMSOLL_NO_STEP` when there is no such step, `ERR_PLIMSOLL_HISTORY_DAMAGED` when its
   * bytes are not what was written.
   */
  async load(step = this.#cursor): Promise<T> {
    return (await this.at(step).get()) as T;
  }

  /** A step to look into, without making the whole of its state. */
  at(step: number): StateView {
    return new StateView(() => this.#version(step), this.#graph);
  }

  /**
   * Goes to a step, a tag or the newest step of a branch, which becomes the current one.
   *
   * @throws PlimsollError `ERR_PLIMSOLL_NO_STEP` when there is no such step or name.
   */
  async goTo(target: number | string): Promise<number> {
    while (this.#thinning) await this.#thinning;
    const { names } = this.#builder.content;
    const step = typeof target === "number" ? target : names.find(target);
    if (step === undefined) throw noStep(`There is no branch and no tag ${JSON.stringify(target)}.`);
    await this.#moveTo(step);
    this.#left = [];
    if (typeof target === "string" && names.branches.has(target) && !this.#options.readOnly) {
      this.#builder.addName("branch", target, step);
    }
    return step;
  }

  /**
   * Goes back to earlier steps, as far as there are any. The next {@link save} begins another line of steps; the ones
   * that were left stay.
   *
   * @param count - Default: 1.
   * @returns the step that is current now.
   */
  async back(count = 1): Promise<number> {
    while (this.#thinning) await this.#thinning;
    const left: number[] = [];
    let step = this.#cursor;
    const view = await this.#view();
    for (let i = 0; i < count && step > 0; i++) {
      const parent = await parentOf(view, step);
      if (parent === 0) break;
      left.push(step);
      step = parent;
    }
    await this.#moveTo(step);
    this.#left.push(...left);
    return step;
  }

  /**
   * Goes forward to the steps that {@link back} has left, as far as there are any.
   *
   * @param count - Default: 1.
   * @returns the step that is current now.
   */
  async forward(count = 1): Promise<number> {
    while (this.#thinning) await this.#thinning;
    const left = [...this.#left];
    let step = this.#cursor;
    for (let i = 0; i < count; i++) step = left.pop() ?? step;
    await this.#moveTo(step);
    this.#left = left;
    return step;
  }

  /** Names the current step as a branch, which becomes the current one. */
  branch(name: string): void {
    this.#assertWritable();
    this.#builder.addName("branch", name, this.#cursor);
  }

  /**
   * Names a step. It stays where it is, and no thinning drops it.
   *
   * @param step - Default: the current one.
   */
  tag(name: string, step = this.#cursor): void {
    this.#assertWritable();
    if (!(step >= 1 && step <= this.#builder.last)) throw noStep(`There is no step ${step} to be tagged.`);
    this.#builder.addName("tag", name, step);
  }

  /** What differs between two steps, from the first to the second. */
  async diff(from: number, to: number): Promise<Change[]> {
    const before = await loadGraph(await this.#version(from));
    const after = await loadGraph(await this.#version(to));
    return diffNodes(before, after);
  }

  /** The steps in the order in which they were saved. */
  async *steps(): AsyncGenerator<StepInfo> {
    yield* listSteps(await this.#view());
  }

  /** The steps in the order in which they were saved. */
  [Symbol.asyncIterator](): AsyncGenerator<StepInfo> {
    return this.steps();
  }

  /**
   * Drops steps, and writes the rest anew, so that the storage shrinks. Tagged steps, the newest of every
   * branch and the current one always stay. The program can save and load meanwhile; going back or forth waits.
   *
   * @param keep - which steps stay; `"all"` drops none and rewrites what has grown out of many small pieces.
   * @returns what was dropped, once it is.
   */
  async thin(keep: Keep): Promise<Thinning> {
    this.#assertWritable();
    while (this.#thinning) await this.#thinning;
    const thinning = this.#compact(keep);
    const done = thinning.catch(() => undefined).then(() => (this.#thinning = undefined));
    this.#thinning = done;
    return thinning;
  }

  /** For a reader: sees what was written since it was opened. Returns the newest step. */
  async refresh(): Promise<number> {
    const { driver } = this.#options;
    const generation = await readGeneration(this.#storage);
    if (generation !== this.#reader.generation) {
      this.#reader.isRetired = true;
      this.#reader.cache.release();
      this.#reader = this.#openReader(generation);
      this.#builder = this.#openLog(new LogContent(generation));
    }
    await this.#builder.content.read(this.#storage, driver.name);
    return this.#builder.last;
  }

  /** Writes what is not written yet, and lets go of the storage. A second call does nothing. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    await this.#thinning;
    this.#isClosed = true;
    try {
      if (!this.#options.readOnly) await this.flush();
    } finally {
      this.#reader.cache.release();
      this.#lease.release();
      await this.#storage.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #nowMs(): number {
    return (this.#options.now ?? Date.now)();
  }

  #openReader(generation: number): LogReader {
    return new LogReader(this.#storage, this.#options.driver.name, generation, new PageCache(this.#budget));
  }

  #openLog(content: LogContent): LogBuilder {
    const { driver, segmentBytes = DEFAULT_SEGMENT_BYTES, keyframeBytes = DEFAULT_KEYFRAME_BYTES } = this.#options;
    const end = content.end === 0 ? positionOf(1, 0) : content.end;
    const log = new LogWriter(this.#storage, driver.name, content.generation, end, segmentBytes);
    return new LogBuilder(content, log, keyframeBytes);
  }

  #assertWritable(): void {
    if (this.#isClosed) throw new PlimsollError("ERR_PLIMSOLL_RELEASED", "This history is closed.");
    if (this.#options.readOnly) {
      throw new PlimsollError(
        "ERR_PLIMSOLL_BAD_OPTION",
        "This history was opened with readOnly: true; it saves nothing.",
      );
    }
  }

  /** Asks for the memory that the state and the unwritten bytes take. */
  #reserve(): void {
    const { pendingBytes } = this.#builder.log;
    const bytes = this.#graph.bytes + this.#builder.unsealedBytes + pendingBytes;
    if (bytes <= this.#lease.bytes && bytes > this.#lease.bytes - 2 * RESERVE_BYTES) return;
    const wanted = bytes + RESERVE_BYTES;
    if (this.#lease.tryResize(wanted)) return;
    this.#reader.cache.shrink(wanted - this.#lease.bytes);
    if (this.#lease.tryResize(wanted)) return;
    const limit = this.#limitBytes === undefined ? "the shared budget" : `its ${formatBytes(this.#limitBytes)}`;
    if (pendingBytes > this.#graph.bytes) {
      throw new PlimsollError(
        "ERR_PLIMSOLL_HISTORY_BACKLOG",
        `${formatBytes(pendingBytes)} wait for ${this.#options.driver.name}, more than fits into ${limit}. Await flush() between saves.`,
        { details: { pendingBytes } },
      );
    }
    throw new PlimsollError(
      "ERR_PLIMSOLL_OVER_LIMIT",
      `The state takes about ${formatBytes(this.#graph.bytes)} of memory, more than fits into ${limit}. Raise \`memory\`; only older states can lie on the storage.`,
      { details: { stateBytes: this.#graph.bytes, limitBytes: this.#limitBytes } },
    );
  }

  #makeKeyframeWhenDue(): void {
    if (!this.#builder.isKeyframeDue(this.#graph.dirtyPages.size)) return;
    if (this.#graph.nodes > this.#sweepAt) {
      this.#graph.sweep();
      this.#sweepAt = this.#graph.nodes * 2 + 1000;
    }
    this.#builder.addKeyframe(this.#graph);
  }

  /** Builds the log that takes the place of this one, and puts it there. */
  async #compact(keep: Keep): Promise<Thinning> {
    const { names } = this.#builder.content;
    // All of this is as it was when it was called; steps saved from here on stay.
    const { last, size } = this.#builder;
    const always = new Set([this.#cursor, ...names.tags.values(), ...names.branches.values()]);
    const { kept, thinning } = await chooseSteps(listSteps(await this.#view()), keep, size, last, this.#nowMs(), always);
    const builder = this.#openLog(new LogContent(this.#reader.generation + 1));
    const reader = this.#openReader(builder.content.generation);
    builder.addName("branch", names.current, 0);
    const compaction = new Compaction(builder, reader, (step) => step > last || kept.has(step));
    try {
      do await compaction.copy(await this.#view(), this.#builder.last);
      while (this.#builder.last - compaction.reached > FEW_STEPS);
      this.#tail = [];
      await compaction.copy(await this.#view(), this.#builder.last);
      const next = this.#tail.find(({ step }) => step > compaction.reached);
      await compaction.standAt(await this.#view(), next?.parent ?? this.#cursor);
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
    compaction.handOver(this.#graph);
    const old = this.#reader;
    this.#builder = builder;
    this.#reader = reader;
    old.isRetired = true;
    old.cache.release();
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

  async #view(): Promise<LogView> {
    if (this.#isClosed) throw new PlimsollError("ERR_PLIMSOLL_RELEASED", "This history is closed.");
    if (!this.#options.readOnly) await this.#drain();
    const { content, log } = this.#builder;
    return { index: content.index, reader: this.#reader, end: this.#options.readOnly ? content.end : log.taken };
  }

  async #version(step: number): Promise<Version> {
    if (!Number.isInteger(step) || step < 0 || step > this.#builder.last) {
      throw noStep(`There is no step ${step}: the newest is ${this.#builder.last}.`);
    }
    return openVersion(await this.#view(), step);
  }

  /** Makes a step the one that the next save follows. */
  async #moveTo(step: number): Promise<void> {
    if (step === this.#cursor) return;
    if (this.#options.readOnly) {
      this.#cursor = step;
      return;
    }
    const version = await this.#version(step);
    const loaded = await loadNewest(version, this.#reader);
    this.#graph = loaded.graph;
    this.#builder.table = loaded.table;
    this.#builder.logBytes = version.logBytes;
    this.#builder.lines = version.lines;
    this.#writer = new StateWriter(this.#graph, this.#options.immutable ?? false);
    this.#cursor = step;
    this.#reserve();
  }
}

function noStep(message: string): PlimsollError {
  return new PlimsollError("ERR_PLIMSOLL_NO_STEP", message);
}
