/**
 * A history of states that costs what changes: each step is a list of changed cells in a log, now and then
 * a keyframe makes the changed pages readable at once, and pages are cached in bounded memory. Saving is
 * synchronous and touches no storage that is slow to answer; everything that reads is asynchronous.
 */
import type { ByteBudget } from "../base/byte-budget.ts";
import { parseBytes } from "../base/bytes.ts";
import { PlimsollError } from "../base/errors.ts";
import { byteLimit } from "./byte-limit.ts";
import { ByteWriter } from "./byte-writer.ts";
import { type Change, diffNodes } from "./diff.ts";
import { Graph } from "./graph.ts";
import { HistoryLog } from "./history-log.ts";
import type { HistoryOptions } from "./history-options.ts";
import { Patch } from "./patch.ts";
import { PatchWriter } from "./patch-writer.ts";
import type { Damage } from "./recovery.ts";
import { type StateView, StepView } from "./state-view.ts";
import { StateWriter } from "./state-writer.ts";
import { StoreMemory } from "./store-memory.ts";
import { listSteps, parentOf, type StepInfo } from "./step-list.ts";
import type { Keep, Thinning } from "./thinning.ts";
import { loadGraph, loadNewest, type LogView, openVersion } from "./version-loader.ts";
import type { Version } from "./version.ts";

const DEFAULT_MEMORY_BYTES = 32 * 2 ** 20;

/** A history of states of type `T`. */
export class HistoryStore<T> implements AsyncDisposable {
  readonly #options: HistoryOptions;
  readonly #log: HistoryLog;
  readonly #memory: StoreMemory;
  #graph = new Graph();
  #writer: StateWriter;
  #patches: PatchWriter;
  readonly #cells = new ByteWriter(2 ** 12);
  #cursor = 0;
  /** Steps that `forward` can go to, the next one last. */
  #left: number[] = [];
  #sweepAt = 1000;
  #isClosed = false;

  private constructor(options: HistoryOptions, budget: ByteBudget, log: HistoryLog) {
    this.#options = options;
    this.#log = log;
    this.#memory = new StoreMemory(options, budget);
    this.#writer = new StateWriter(this.#graph, options.immutable ?? false);
    this.#patches = new PatchWriter(this.#graph, this.#writer);
  }

  /**
   * Opens a history, and makes it when there is none. What a crash has left unfinished is cut off. Where the newest
   * step is damaged, the last whole one before it is the current one; {@link HistoryStore.damages} says so.
   *
   * @throws PlimsollError `ERR_PLIMSOLL_HISTORY_LOCKED` when somebody else writes it, `ERR_PLIMSOLL_HISTORY_FORMAT`
   * when a newer version wrote it, `ERR_PLIMSOLL_OVER_LIMIT` when its newest state does not fit into the memory.
   */
  static async open<T>(options: HistoryOptions): Promise<HistoryStore<T>> {
    const { memory = DEFAULT_MEMORY_BYTES } = options;
    const budget = typeof memory === "object" ? memory : byteLimit(parseBytes(memory));
    const log = await HistoryLog.open(options, budget);
    const store = new HistoryStore<T>(options, budget, log);
    try {
      const { names, index, damages } = log.builder.content;
      // Where the newest step cannot be read, the last one before the damage can.
      const candidates = [names.find(names.current) ?? index.last, ...damages.map((one) => one.afterStep).reverse(), 0];
      for (const step of candidates) if (await store.#comesTo(step)) break;
      return store;
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  /** The step that the next one will follow; 0 before the first. */
  get step(): number {
    return this.#cursor;
  }

  /** The newest step; 0 before the first. */
  get lastStep(): number {
    return this.#log.builder.last;
  }

  /** Steps that are kept. */
  get size(): number {
    return this.#log.builder.size;
  }

  /** The branch that the next step moves. */
  get currentBranch(): string {
    return this.#log.builder.content.names.current;
  }

  /** Branches and their newest steps. */
  get branches(): ReadonlyMap<string, number> {
    return this.#log.builder.content.names.branches;
  }

  /** Tags and their steps. */
  get tags(): ReadonlyMap<string, number> {
    return this.#log.builder.content.names.tags;
  }

  /** Memory that it holds, in bytes; estimated for the newest state. */
  get memoryBytes(): number {
    return this.#memory.bytes + this.#log.reader.cache.bytes;
  }

  /** Damage that was found when it was opened. */
  get damages(): readonly Damage[] {
    return this.#log.builder.content.damages;
  }

  /**
   * Saves a step: a whole state, which is compared with the one before, or what changed. It is safe once
   * {@link HistoryStore.flush} has resolved.
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
      if (change instanceof Patch) this.#patches.write(change);
      else this.#writer.writeState(change);
      this.#reserve();
    } catch (error) {
      graph.rollback(nextCell);
      this.#writer.forget();
      throw error;
    }
    const step = this.#log.builder.last + 1;
    this.#cells.clear();
    const cells = graph.commit(this.#cells);
    this.#log.add(step, this.#cursor, cells, this.#cells.view());
    this.#cursor = step;
    if (this.#left.length > 0) this.#left = [];
    this.#log.builder.content.names.move(step);
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
    this.#assertOpen();
    await this.#log.flush();
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
    return new StepView(() => this.#version(step), this.#graph);
  }

  /**
   * Goes to a step, a tag or the newest step of a branch, which becomes the current one.
   *
   * @throws PlimsollError `ERR_PLIMSOLL_NO_STEP` when there is no such step or name.
   */
  async goTo(target: number | string): Promise<number> {
    await this.#log.rest();
    const { names } = this.#log.builder.content;
    const step = typeof target === "number" ? target : names.find(target);
    if (step === undefined) throw noStep(`There is no branch and no tag ${JSON.stringify(target)}.`);
    await this.#moveTo(step);
    this.#left = [];
    if (typeof target === "string" && names.branches.has(target) && !this.#options.readOnly) {
      this.#log.builder.addName("branch", target, step);
    }
    return step;
  }

  /**
   * Goes back to earlier steps, as far as there are any. The next {@link HistoryStore.save} begins another line of steps; the ones
   * that were left stay.
   *
   * @param count - Default: 1.
   * @returns the step that is current now.
   */
  async back(count = 1): Promise<number> {
    await this.#log.rest();
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
   * Goes forward to the steps that {@link HistoryStore.back} has left, as far as there are any.
   *
   * @param count - Default: 1.
   * @returns the step that is current now.
   */
  async forward(count = 1): Promise<number> {
    await this.#log.rest();
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
    this.#log.builder.addName("branch", name, this.#cursor);
  }

  /**
   * Names a step. It stays where it is, and no thinning drops it.
   *
   * @param step - Default: the current one.
   */
  tag(name: string, step = this.#cursor): void {
    this.#assertWritable();
    if (!(step >= 1 && step <= this.#log.builder.last)) throw noStep(`There is no step ${step} to be tagged.`);
    this.#log.builder.addName("tag", name, step);
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
    const thinning = await this.#log.thin(keep, () => ({ step: this.#cursor, graph: this.#graph }));
    const isGone = (step: number): boolean => thinning.evicted.some(({ from, to }) => step >= from && step <= to);
    this.#left = this.#left.filter((step) => !isGone(step));
    return thinning;
  }

  /** For a reader: sees what was written since it was opened. Returns the newest step. */
  async refresh(): Promise<number> {
    this.#assertOpen();
    await this.#log.refresh();
    return this.lastStep;
  }

  /** Writes what is not written yet, and lets go of the storage. A second call does nothing. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    await this.#log.rest();
    this.#isClosed = true;
    this.#memory.release();
    await this.#log.close();
  }

  /** The same as {@link HistoryStore.close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new PlimsollError("ERR_PLIMSOLL_RELEASED", "This history is closed. Open it again.");
  }

  #assertWritable(): void {
    this.#assertOpen();
    if (this.#options.readOnly) {
      throw new PlimsollError(
        "ERR_PLIMSOLL_BAD_OPTION",
        "This history was opened with readOnly: true; it saves nothing.",
      );
    }
  }

  #reserve(): void {
    const { unsealedBytes, log } = this.#log.builder;
    this.#memory.reserve(this.#graph.bytes, unsealedBytes, log.pendingBytes, this.#log.reader.cache);
  }

  #makeKeyframeWhenDue(): void {
    if (!this.#log.builder.isKeyframeDue(this.#graph.dirtyPages.size)) return;
    if (this.#graph.nodes > this.#sweepAt) {
      this.#graph.sweep();
      this.#sweepAt = this.#graph.nodes * 2 + 1000;
    }
    this.#log.builder.addKeyframe(this.#graph);
  }

  async #view(): Promise<LogView> {
    this.#assertOpen();
    return this.#log.view();
  }

  async #version(step: number): Promise<Version> {
    if (!Number.isInteger(step) || step < 0 || step > this.#log.builder.last) {
      throw noStep(`There is no step ${step}: the newest is ${this.#log.builder.last}.`);
    }
    return openVersion(await this.#view(), step);
  }

  async #comesTo(step: number): Promise<boolean> {
    try {
      await this.#moveTo(step);
      return true;
    } catch (error) {
      if (PlimsollError.is(error, "ERR_PLIMSOLL_HISTORY_DAMAGED")) return false;
      throw error;
    }
  }

  /** Makes a step the one that the next save follows. */
  async #moveTo(step: number): Promise<void> {
    if (step === this.#cursor) return;
    if (this.#options.readOnly) {
      this.#cursor = step;
      return;
    }
    const version = await this.#version(step);
    const loaded = await loadNewest(version, this.#log.reader);
    this.#graph = loaded.graph;
    this.#log.builder.table = loaded.table;
    this.#log.builder.logBytes = version.logBytes;
    this.#log.builder.lines = version.lines;
    this.#writer = new StateWriter(this.#graph, this.#options.immutable ?? false);
    this.#patches = new PatchWriter(this.#graph, this.#writer);
    this.#cursor = step;
    this.#reserve();
  }
}

function noStep(message: string): PlimsollError {
  return new PlimsollError("ERR_PLIMSOLL_NO_STEP", message);
}
