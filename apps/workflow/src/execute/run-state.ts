/**
 * What all parts of one run share, and what they change in one piece: a {@link Change} is written as a whole or not at all.
 */
import { type AdaptiveLimiter } from "plimsoll/budget";
import { type Patch, patch } from "plimsoll/history";
import type { Graph } from "../graph/node.ts";
import type { LanguageModel } from "../llm/language-model.ts";
import type { Checkpoints, Finished, MapRecord } from "./checkpoints.ts";
import type { OpenSession } from "./sessions.ts";
import type { Held, RunValues } from "./values.ts";

/** How far a run is. */
export interface RunProgress {
  /** Of the run. */
  readonly id: string;
  /** Nodes and items that have ended, those of earlier processes included. */
  readonly finished: number;
  /** Those of earlier processes. */
  readonly resumed: number;
  /** Nodes and items that are known of so far. */
  readonly total: number;
  /** Until its end, in milliseconds, as far as can be told. */
  readonly remainingMs: number | undefined;
}

/** One run. */
export interface RunState {
  readonly id: string;
  readonly limiter: AdaptiveLimiter;
  readonly values: RunValues;
  readonly checkpoints: Checkpoints | undefined;
  readonly session: OpenSession;
  readonly llm: LanguageModel | undefined;
  readonly progress: ProgressCount;
}

/** Whoever counts what has ended. */
export interface ProgressCount {
  /** So many more nodes or items are known of. */
  expect(count: number): void;
  /** One has ended, now or in an earlier process. */
  end(isResumed: boolean): void;
}

/** Counts. */
export class Progress implements ProgressCount {
  readonly #id: string;
  readonly #listen: ((progress: RunProgress) => void) | undefined;
  readonly #startMs = performance.now();
  #finished = 0;
  #resumed = 0;
  #total = 0;

  constructor(id: string, listen: ((progress: RunProgress) => void) | undefined) {
    this.#id = id;
    this.#listen = listen;
  }

  expect(count: number): void {
    this.#total += count;
  }

  end(isResumed: boolean): void {
    this.#finished++;
    if (isResumed) this.#resumed++;
    this.#listen?.(this.now());
  }

  /** How far it is. */
  now(): RunProgress {
    const fresh = this.#finished - this.#resumed;
    const left = this.#total - this.#finished;
    const remainingMs = fresh > 0 && left >= 0 ? ((performance.now() - this.#startMs) / fresh) * left : undefined;
    return { id: this.#id, finished: this.#finished, resumed: this.#resumed, total: this.#total, remainingMs };
  }
}

/** What is to be written in one piece, and the files that are of no use afterwards. */
export class Change {
  patch: Patch | undefined;
  readonly #values: RunValues;
  readonly #checkpoints: Checkpoints | undefined;
  readonly #unread: Held[] = [];

  constructor({ values, checkpoints }: Pick<RunState, "values" | "checkpoints">) {
    this.#values = values;
    this.#checkpoints = checkpoints;
    this.patch = checkpoints && patch();
  }

  /** Nobody will read a value any more. */
  unread(held: Held): void {
    this.#values.drop(held);
    this.#unread.push(held);
  }

  /** Takes in another, to be written in one piece with it. */
  absorb(other: Change): void {
    if (other.patch) this.patch?.operations.push(...other.patch.operations);
    this.#unread.push(...other.#unread);
  }

  /** Writes it; resolves when that is safe. */
  async commit(): Promise<void> {
    if (this.patch && this.patch.operations.length > 0) await this.#checkpoints?.commit(this.patch);
    await this.clear();
  }

  /** Writes what there is so far, and begins anew. */
  async flush(): Promise<void> {
    await this.commit();
    this.patch = this.#checkpoints && patch();
  }

  /** Removes files that nobody reads any more. */
  async clear(): Promise<void> {
    for (const held of this.#unread.splice(0)) await this.#values.remove(held);
  }
}

/** The finished nodes of a run, or of one item of a map, and where they stand in the checkpoint. */
export class Scope {
  readonly #base: readonly unknown[];
  readonly #known: ReadonlyMap<string, Finished>;
  readonly #maps: ReadonlyMap<string, MapRecord>;
  /** Where maps stand, wherever they are in the graph. */
  readonly #mapBase: readonly unknown[];
  #isMade: boolean;

  constructor(
    base: readonly unknown[],
    known: ReadonlyMap<string, Finished> | undefined,
    mapBase: readonly unknown[],
    maps: ReadonlyMap<string, MapRecord>,
  ) {
    this.#base = base;
    this.#known = known ?? new Map();
    this.#isMade = known !== undefined;
    this.#mapBase = mapBase;
    this.#maps = maps;
  }

  /** A node that has finished in an earlier process. */
  find(path: string): Finished | undefined {
    return this.#known.get(path);
  }

  /** A map that has begun in an earlier process. */
  findMap(path: string): MapRecord | undefined {
    return this.#maps.get(path);
  }

  /** Where a map stands. */
  mapPath(path: string): readonly unknown[] {
    return [...this.#mapBase, path];
  }

  /** An item of a map, as a scope of its own. */
  item(path: string, index: number, known: ReadonlyMap<string, Finished> | undefined): Scope {
    return new Scope([...this.mapPath(path), "items", index], known, this.#mapBase, this.#maps);
  }

  /** Writes that a node has finished. */
  set(change: Change, path: string, finished: Finished): void {
    if (!change.patch) return;
    if (!this.#isMade) change.patch.set(this.#base, new Map());
    this.#isMade = true;
    change.patch.set([...this.#base, path], finished);
  }
}

/** Where a graph runs. */
export interface Surroundings {
  /** Runs a graph within this one. */
  readonly runGraph: (graph: Graph, input: Held, around: Surroundings) => Promise<Outcome>;
  readonly run: RunState;
  readonly scope: Scope;
  /** In front of the names of nodes: empty, or such as `pages[17]/`. */
  readonly prefix: string;
  /** The same without indices, for nodes that cost alike. */
  readonly kind: string;
  /** True where the whole graph has its place already. */
  readonly isAdmitted: boolean;
  readonly signal: AbortSignal;
}

/** What came of a graph, or of a node; the change is to be committed by whoever takes it. */
export interface Outcome {
  readonly held: Held;
  readonly change: Change;
}
