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
import { type Change, diffNodes } from "./diff.ts";
import type { HistoryDriver, HistoryStorage } from "./driver.ts";
import { Graph } from "./graph.ts";
import { KeyframeWriter } from "./keyframe.ts";
import { LogReader } from "./log-reader.ts";
import { LogWriter } from "./log-writer.ts";
import { nameRecord } from "./names.ts";
import { PageCache } from "./page-cache.ts";
import { PageTable } from "./page-table.ts";
import { Patch } from "./patch.ts";
import { positionOf, RECORD } from "./record.ts";
import { type Damage, LogContent, readGeneration, removeOthers, writeGeneration } from "./recovery.ts";
import { StateView } from "./state-view.ts";
import { StateWriter } from "./state-writer.ts";
import { listSteps, parentOf, type StepInfo } from "./step-list.ts";
import { StepsWriter } from "./steps-record.ts";
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
/** Steps go to the log in records of this size. */
const RECORD_BYTES = 64 * 1024;
/** Log between two keyframes, in bytes: what a restore reads at most, and what makes a keyframe worth its bytes. */
const MAX_LOG_BYTES = 2 ** 20;
const MIN_LOG_BYTES = 16 * 1024;
/** A restore follows at most so many branch points back to its keyframe. */
const MAX_LINES = 16;

/** A history of states of type `T`. */
export class HistoryStore<T> implements AsyncDisposable {
  readonly #options: HistoryOptions;
  readonly #storage: HistoryStorage;
  readonly #cache: PageCache;
  readonly #lease: ByteLease;
  readonly #limitBytes: number | undefined;
  #log: LogWriter;
  #content: LogContent;
  #reader: LogReader;
  #graph = new Graph();
  #table = new PageTable();
  #writer: StateWriter;
  readonly #steps = new StepsWriter();
  readonly #cells = new ByteWriter(2 ** 12);
  readonly #keyframes = new KeyframeWriter();
  #cursor = 0;
  #last = 0;
  #left: number[] = [];
  #logBytes = 0;
  #lines = 0;
  #sweepAt = 1000;
  #isClosed = false;

  private constructor(options: HistoryOptions, storage: HistoryStorage, content: LogContent) {
    this.#options = options;
    this.#storage = storage;
    this.#content = content;
    const { memory = DEFAULT_MEMORY_BYTES } = options;
    const isBudget = typeof memory === "object";
    this.#limitBytes = isBudget ? undefined : parseBytes(memory);
    const budget = isBudget ? memory : byteLimit(parseBytes(memory));
    this.#cache = new PageCache(budget);
    this.#lease = budget.register({ name: "history", shrink: () => 0 });
    this.#reader = new LogReader(storage, options.driver.name, content.generation, this.#cache);
    this.#log = this.#openLog();
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
      store.#last = content.index.last;
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
    return this.#last;
  }

  /** Steps that are kept. */
  get size(): number {
    return this.#content.index.count + this.#steps.count;
  }

  /** The branch that the next step moves. */
  get currentBranch(): string {
    return this.#content.names.current;
  }

  /** Branches and their newest steps. */
  get branches(): ReadonlyMap<string, number> {
    return this.#content.names.branches;
  }

  /** Tags and their steps. */
  get tags(): ReadonlyMap<string, number> {
    return this.#content.names.tags;
  }

  /** Memory that it holds, in bytes; estimated for the newest state. */
  get memoryBytes(): number {
    return this.#lease.bytes + this.#cache.bytes;
  }

  /** Damage that was found when it was opened. */
  get damages(): readonly Damage[] {
    return this.#content.damages;
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
    const step = this.#last + 1;
    const follows = this.#cursor === this.#last && step > 1;
    if (!follows || this.#steps.bytes >= RECORD_BYTES) this.#seal();
    if (!follows) this.#lines++;
    this.#cells.clear();
    const cells = graph.commit(this.#cells);
    const timeMs = (this.#options.now ?? Date.now)();
    this.#steps.add(step, timeMs, follows ? undefined : this.#cursor, cells, this.#cells.view());
    this.#last = step;
    this.#cursor = step;
    this.#left = [];
    this.#content.names.move(step);
    this.#logBytes += this.#cells.length + 3;
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
    await this.#drain();
    if (this.#log.failure) throw this.#log.failure;
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
    const { names } = this.#content;
    const step = typeof target === "number" ? target : names.find(target);
    if (step === undefined) throw noStep(`There is no branch and no tag ${JSON.stringify(target)}.`);
    await this.#moveTo(step);
    this.#left = [];
    if (typeof target === "string" && names.branches.has(target) && !this.#options.readOnly) {
      this.#name("branch", target, step);
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
    this.#name("branch", name, this.#cursor);
  }

  /**
   * Names a step. It stays where it is, and no thinning drops it.
   *
   * @param step - Default: the current one.
   */
  tag(name: string, step = this.#cursor): void {
    this.#assertWritable();
    this.#name("tag", name, step);
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

  /** For a reader: sees what was written since it was opened. Returns the newest step. */
  async refresh(): Promise<number> {
    await this.#content.read(this.#storage, this.#options.driver.name);
    this.#last = this.#content.index.last;
    return this.#last;
  }

  /** Writes what is not written yet, and lets go of the storage. A second call does nothing. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      if (!this.#options.readOnly) await this.flush();
    } finally {
      this.#cache.release();
      this.#lease.release();
      await this.#storage.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #openLog(): LogWriter {
    const { segmentBytes = DEFAULT_SEGMENT_BYTES } = this.#options;
    const end = this.#content.end === 0 ? positionOf(1, 0) : this.#content.end;
    const { name } = this.#options.driver;
    return new LogWriter(this.#storage, name, this.#content.generation, end, segmentBytes);
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
    const { pendingBytes } = this.#log;
    const bytes = this.#graph.bytes + this.#steps.bytes + pendingBytes;
    if (bytes <= this.#lease.bytes && bytes > this.#lease.bytes - 2 * RECORD_BYTES) return;
    const wanted = bytes + RECORD_BYTES;
    if (this.#lease.tryResize(wanted)) return;
    this.#cache.shrink(wanted - this.#lease.bytes);
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

  /** Gives the collected steps to the log. */
  #seal(): void {
    if (this.#steps.count === 0) return;
    const { first, last, count, parent } = this.#steps.header;
    const position = this.#log.append(RECORD.steps, this.#steps.take());
    this.#content.index.addSteps(first, last, count, parent, position);
  }

  #makeKeyframeWhenDue(): void {
    const worth = 2 * this.#graph.dirtyPages.size * this.#keyframes.pageBytes;
    const due = Math.min(this.#options.keyframeBytes ?? MAX_LOG_BYTES, Math.max(MIN_LOG_BYTES, worth));
    if (this.#logBytes < due && this.#lines < MAX_LINES) return;
    if (this.#graph.nodes > this.#sweepAt) {
      this.#graph.sweep();
      this.#sweepAt = this.#graph.nodes * 2 + 1000;
    }
    this.#seal();
    const base = this.#log.next() + 9;
    const position = this.#log.append(
      RECORD.keyframe,
      this.#keyframes.write(this.#graph, this.#table, this.#last, base),
    );
    this.#content.index.addKeyframe({ step: this.#last, position, end: this.#log.end });
    this.#logBytes = 0;
    this.#lines = 0;
  }

  #name(what: "tag" | "branch", name: string, step: number): void {
    this.#seal();
    const record = nameRecord(what, name, step);
    this.#log.append(RECORD.names, record);
    this.#content.names.apply(record);
  }

  async #drain(): Promise<void> {
    if (!this.#log.failure) this.#seal();
    await this.#log.settle();
  }

  async #view(): Promise<LogView> {
    if (this.#isClosed) throw new PlimsollError("ERR_PLIMSOLL_RELEASED", "This history is closed.");
    if (!this.#options.readOnly) await this.#drain();
    const end = this.#options.readOnly ? this.#content.end : this.#log.taken;
    return { index: this.#content.index, reader: this.#reader, end };
  }

  async #version(step: number): Promise<Version> {
    if (!Number.isInteger(step) || step < 0 || step > this.#last) {
      throw noStep(`There is no step ${step}: the newest is ${this.#last}.`);
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
    this.#table = loaded.table;
    this.#logBytes = version.logBytes;
    this.#lines = version.lines;
    this.#writer = new StateWriter(this.#graph, this.#options.immutable ?? false);
    this.#cursor = step;
    this.#reserve();
  }
}

function noStep(message: string): PlimsollError {
  return new PlimsollError("ERR_PLIMSOLL_NO_STEP", message);
}
