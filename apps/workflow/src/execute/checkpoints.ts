/**
 * What runs have done, as a history: each finished node is a step of a few hundred bytes. A node counts as finished once its step is
 * safe; many steps share one write. A run that goes on asks here before it runs a node.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type HistoryDriver, HistoryStore, type Patch, patch, PlimsollError } from "plimsoll/history";
import { formatBytes } from "plimsoll/monitor";
import { WorkflowError, wordsOf } from "../workflow-error.ts";
import type { SessionStep } from "./sessions.ts";
import type { Stored } from "./values.ts";

/** Where checkpoints are kept; made by `fileCheckpoints` or `postgresCheckpoints`. */
export interface CheckpointPlace {
  /** Shown in messages. */
  readonly name: string;
  readonly history: HistoryDriver;
  readonly values: () => import("./value-files.ts").ValueFiles;
}

/** A finished node: its value, `undefined` when nobody will read it any more, and what a condition chose. */
export interface Finished {
  readonly stored: Stored | undefined;
  readonly choice?: string;
}

/** One run, as it is kept. */
export interface RunRecord {
  readonly workflow: string;
  /** Its nodes and edges; a run goes on only with the same. */
  readonly shape: string;
  readonly input: Stored;
  readonly session: string | undefined;
  readonly startedMs: number;
  /** By path; those within an item of a map are in `maps`. */
  readonly nodes: Map<string, Finished>;
  /** Maps that run, by path. */
  readonly maps: Map<string, MapRecord>;
  /** Once it has ended. */
  readonly output?: Stored;
}

/** A map that runs. */
export interface MapRecord {
  /** Items that the sum has taken in. */
  readonly taken: number;
  readonly sum: unknown;
  /** Of items that have ended and are not taken in yet. */
  readonly results: Map<number, Stored>;
  /** Of items that run: finished nodes by path. */
  readonly items: Map<number, Map<string, Finished>>;
}

/** The file of a session, and how much of it counts. */
export interface SessionRecord {
  readonly file: string;
  readonly bytes: number;
}

interface State {
  readonly runs: Map<string, RunRecord>;
  readonly sessions: Map<string, SessionRecord>;
  /** What sessions have changed in runs that have not ended. */
  readonly pending: Map<string, SessionStep[]>;
}

const NOTHING: Stored = { value: undefined };

/** Steps after which the log is written anew without those of the past: some 100 MB of it. Everybody waits meanwhile, a second or so. */
const THIN_STEPS = 50_000;

/** The checkpoints of one executor. */
export class Checkpoints {
  readonly #store: HistoryStore<State>;
  readonly #name: string;
  readonly #flushDelayMs: number;
  #thinnedAt: number;
  #thinning: Promise<unknown> | undefined;
  #current: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;
  /** Runs that have ended and their outputs, oldest first. */
  readonly #ended: Map<string, Stored>;
  /** The same as in the newest state, for each session: some hundred bytes. */
  readonly sessions: Map<string, SessionRecord>;
  readonly pending: Map<string, SessionStep[]>;
  /** Runs that there are: to look into the newest state costs what was written since its last keyframe. */
  readonly #runs: Set<string>;

  private constructor(store: HistoryStore<State>, name: string, flushDelayMs: number, state: State) {
    this.#store = store;
    this.#name = name;
    this.#flushDelayMs = flushDelayMs;
    this.#thinnedAt = store.lastStep;
    this.sessions = state.sessions;
    this.pending = state.pending;
    this.#runs = new Set(state.runs.keys());
    this.#ended = new Map([...state.runs].flatMap(([id, { output }]) => (output ? [[id, output] as const] : [])));
  }

  /** Opens them. @throws WorkflowError `ERR_WORKFLOW_STORAGE` */
  static async open(place: CheckpointPlace, memoryBytes: number, flushDelayMs: number): Promise<Checkpoints> {
    try {
      const store = await HistoryStore.open<State>({ driver: place.history, memory: memoryBytes });
      if (store.step === 0) store.save({ runs: new Map(), sessions: new Map(), pending: new Map() });
      else if (store.size > 1000) await store.thin({ last: 1 });
      await store.flush();
      return new Checkpoints(store, place.name, flushDelayMs, await store.load());
    } catch (error) {
      throw unusable(place.name, error);
    }
  }

  /** Names of the files that anything refers to. */
  async files(): Promise<Set<string>> {
    const runs = (await this.#store.at(this.#store.step).get("runs")) as State["runs"];
    const names = new Set([...this.sessions.values()].map(({ file }) => file));
    const add = (stored: Stored | undefined): void => {
      if (stored && "file" in stored) names.add(stored.file);
    };
    for (const { input, output, nodes, maps } of runs.values()) {
      for (const stored of [input, output]) add(stored);
      for (const { stored } of nodes.values()) add(stored);
      for (const { results, items } of maps.values()) {
        for (const stored of results.values()) add(stored);
        for (const item of items.values()) for (const { stored } of item.values()) add(stored);
      }
    }
    return names;
  }

  /** A run. */
  async run(id: string): Promise<RunRecord | undefined> {
    if (!this.#runs.has(id)) return undefined;
    return (await this.#store.at(this.#store.step).get(["runs", id])) as RunRecord | undefined;
  }

  /** Runs that have not ended, newest first. */
  async unfinished(): Promise<{ readonly id: string; readonly workflow: string; readonly startedMs: number }[]> {
    const runs = (await this.#store.at(this.#store.step).get("runs")) as State["runs"];
    return [...runs]
      .filter(([, { output }]) => !output)
      .map(([id, { workflow, startedMs }]) => ({ id, workflow, startedMs }))
      .sort((a, b) => b.startedMs - a.startedMs);
  }

  /** A run begins. It is safe with whatever is committed next. */
  async begin(id: string, record: RunRecord, pending: readonly SessionStep[]): Promise<void> {
    this.#runs.add(id);
    const change = patch().set(["runs", id], record);
    if (record.session !== undefined) change.set(["pending", record.session], [...pending]);
    try {
      await this.#save(change);
    } catch (error) {
      throw unusable(this.#name, error);
    }
    // Whether it is safe is told by the commits that follow.
    this.#safe().catch(() => undefined);
  }

  /** Saves a change; resolves when it is safe. */
  async commit(change: Patch): Promise<void> {
    try {
      await this.#save(change);
      await this.#safe();
    } catch (error) {
      throw unusable(this.#name, error);
    }
  }

  /**
   * A run has ended: keeps its output, and forgets the oldest of more than `most`.
   *
   * @returns outputs that are of no use any more.
   */
  async end(id: string, output: Stored, most: number, change: Patch): Promise<Stored[]> {
    change
      .set(["runs", id, "output"], output)
      .set(["runs", id, "input"], NOTHING)
      .set(["runs", id, "nodes"], new Map())
      .set(["runs", id, "maps"], new Map());
    this.#ended.set(id, output);
    const dropped: Stored[] = [];
    for (const [oldest, old] of this.#ended) {
      if (this.#ended.size <= most) break;
      this.#ended.delete(oldest);
      this.#runs.delete(oldest);
      dropped.push(old);
      change.delete(["runs", oldest]);
    }
    await this.commit(change);
    return dropped;
  }

  /** Forgets a run that has ended, and a session. */
  async forget(run: string, session: string | undefined): Promise<Stored[]> {
    const output = this.#ended.get(run);
    const kept = session === undefined ? undefined : this.sessions.get(session);
    this.#ended.delete(run);
    this.#runs.delete(run);
    const change = patch().delete(["runs", run]);
    if (session !== undefined) {
      if (kept) change.delete(["sessions", session]);
      if (this.pending.delete(session)) change.delete(["pending", session]);
      this.sessions.delete(session);
    }
    await this.commit(change);
    return [output, kept].filter((stored) => stored !== undefined);
  }

  async close(): Promise<void> {
    await this.#thinning;
    await this.#store.close();
  }

  /** What is saved while the log is written anew would have to be copied step by step: it waits. */
  async #save(change: Patch): Promise<void> {
    while (this.#thinning) await this.#thinning;
    this.#store.save(change);
    if (this.#store.lastStep - this.#thinnedAt < THIN_STEPS) return;
    this.#thinnedAt = this.#store.lastStep;
    this.#thinning = this.#store
      .thin({ last: 1 })
      .catch(() => undefined)
      .finally(() => (this.#thinning = undefined));
  }

  /** One write for all that was saved before it begins. */
  #safe(): Promise<void> {
    this.#next ??= this.#flushNext();
    return this.#next;
  }

  async #flushNext(): Promise<void> {
    await this.#current.catch(() => undefined);
    if (this.#flushDelayMs > 0) await sleep(this.#flushDelayMs);
    else await Promise.resolve();
    this.#current = this.#store.flush();
    this.#next = undefined;
    await this.#current;
  }
}

function unusable(name: string, error: unknown): WorkflowError {
  if (WorkflowError.is(error)) return error;
  const isFull = PlimsollError.is(error, "ERR_PLIMSOLL_OVER_LIMIT");
  const words = isFull
    ? `what runs and sessions have kept (${formatBytes(Number(error.details["stateBytes"]))}) does not fit into their part of the memory. Raise \`limit\`, give maps a \`reduce\`, or let fewer sessions run at once.`
    : wordsOf(error);
  return new WorkflowError("ERR_WORKFLOW_STORAGE", `The checkpoints in ${name} fail: ${words}`, {}, error);
}
