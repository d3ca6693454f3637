/**
 * The checkpoints of one thread as a history. Its state holds the newest checkpoint of a few namespaces, in slots,
 * and the writes to one checkpoint; older ones are in older steps. An index says which step and slot has which.
 */
import { type Patch, patch } from "../patch.ts";
import type { HistoryStore } from "../history-store.ts";

/** Namespaces whose newest checkpoint is kept to compare the next one with. The first is for the root. */
const SLOTS = 8;

/** A checkpoint as it is kept; values are packed. */
export interface KeptCheckpoint {
  /** The checkpoint it follows. */
  readonly parent: string | undefined;
  /** The checkpoint without its values. */
  readonly head: unknown;
  readonly metadata: unknown;
  /** By channel. */
  readonly values: ReadonlyMap<string, unknown>;
}

/** A write to a checkpoint; the value is packed. */
export interface KeptWrite {
  readonly taskId: string;
  /** Negative for errors, interrupts and the like, which are written over. */
  readonly place: number;
  readonly channel: string;
  readonly value: unknown;
}

/** The state whose history is kept. */
export interface ThreadState {
  /** By namespace and checkpoint: step * {@link SLOTS} + slot. */
  readonly checkpoints: Map<string, Map<string, number>>;
  /** By namespace and checkpoint: the step that has all writes to it. */
  readonly writes: Map<string, Map<string, number>>;
  /** Channels that were ever said to have changed. */
  readonly channels: Set<string>;
  readonly slots: (KeptCheckpoint | null)[];
  /** Writes to one checkpoint. */
  readonly pending: Map<string, KeptWrite>;
}

/** What is in a slot: enough to know which channels of the next checkpoint need no look. */
interface Slot {
  readonly id: string;
  readonly versions: Readonly<Record<string, unknown>>;
  readonly kept: ReadonlySet<string>;
}

/** A checkpoint that is to be kept. */
export interface NewCheckpoint {
  readonly namespace: string;
  readonly id: string;
  readonly parent: string | undefined;
  readonly versions: Readonly<Record<string, unknown>>;
  /** Channels that have changed. */
  readonly changed: readonly string[];
  readonly values: Readonly<Record<string, unknown>>;
}

/** To be called when what was saved is safe: from then on it can be found. */
export type Commit = () => void;

/** The checkpoints of one thread. */
export class ThreadHistory {
  readonly store: HistoryStore<ThreadState>;
  readonly #checkpoints: Map<string, Map<string, number>>;
  readonly #writes: Map<string, Map<string, number>>;
  readonly #channels: Set<string>;
  /** By namespace, least recently used first. */
  readonly #slots = new Map<string, { readonly number: number; readonly holds: Slot }>();
  /** Whose writes are in the state, and which. Unknown after opening. */
  #pending: { readonly of: string; readonly keys: Set<string> } | undefined;

  private constructor(store: HistoryStore<ThreadState>, state: Partial<ThreadState>) {
    this.store = store;
    this.#checkpoints = state.checkpoints ?? new Map();
    this.#writes = state.writes ?? new Map();
    this.#channels = state.channels ?? new Set();
  }

  /** Reads the index, or begins a history. */
  static async open(store: HistoryStore<ThreadState>): Promise<ThreadHistory> {
    if (store.step === 0) {
      store.save({
        checkpoints: new Map(),
        writes: new Map(),
        channels: new Set(),
        slots: Array.from({ length: SLOTS }, () => null),
        pending: new Map(),
      });
      return new ThreadHistory(store, {});
    }
    const view = store.at(store.step);
    const names = ["checkpoints", "writes", "channels"] as const;
    const parts = await Promise.all(names.map(async (name) => [name, await view.get(name)] as const));
    return new ThreadHistory(store, Object.fromEntries(parts));
  }

  /** Namespaces that have checkpoints. */
  get namespaces(): string[] {
    return [...this.#checkpoints.keys()];
  }

  /** Checkpoints of a namespace, newest first. */
  ids(namespace: string): string[] {
    return [...(this.#checkpoints.get(namespace)?.keys() ?? [])].sort((one, other) => (one < other ? 1 : -1));
  }

  /** The newest checkpoint of a namespace. */
  newest(namespace: string): string | undefined {
    let newest: string | undefined;
    for (const id of this.#checkpoints.get(namespace)?.keys() ?? [])
      if (newest === undefined || id > newest) newest = id;
    return newest;
  }

  /** A checkpoint; `undefined` when there is none. */
  async load(namespace: string, id: string): Promise<KeptCheckpoint | undefined> {
    const place = this.#checkpoints.get(namespace)?.get(id);
    if (place === undefined) return undefined;
    return (await this.store.at(Math.floor(place / SLOTS)).get(["slots", place % SLOTS])) as KeptCheckpoint;
  }

  /** Only its metadata. */
  async loadMetadata(namespace: string, id: string): Promise<unknown> {
    const place = this.#checkpoints.get(namespace)?.get(id) ?? 0;
    return this.store.at(Math.floor(place / SLOTS)).get(["slots", place % SLOTS, "metadata"]);
  }

  /** The writes to a checkpoint, in their order. */
  async loadWrites(namespace: string, id: string): Promise<ReadonlyMap<string, KeptWrite>> {
    const step = this.#writes.get(namespace)?.get(id);
    if (step === undefined) return new Map();
    return (await this.store.at(step).get("pending")) as ReadonlyMap<string, KeptWrite>;
  }

  /** Keeps a checkpoint. `packed` is asked only for what is not known to be the same as before. */
  async put(
    checkpoint: NewCheckpoint,
    { head, metadata }: Pick<KeptCheckpoint, "head" | "metadata">,
    packed: (value: unknown) => Promise<unknown>,
  ): Promise<Commit> {
    const { namespace, id, parent, versions, values } = checkpoint;
    const slot = this.#slotOf(namespace);
    const isNext = slot.holds !== undefined && slot.holds.id === parent;
    const changed = new Set(checkpoint.changed);
    const change = patch();
    const kept = Object.keys(values).filter((channel) => changed.has(channel) || this.#channels.has(channel));
    for (const channel of kept) if (!this.#channels.has(channel)) change.add("channels", channel);
    const path = ["slots", slot.number];
    if (isNext) {
      change
        .set([...path, "parent"], parent)
        .set([...path, "head"], head)
        .set([...path, "metadata"], metadata);
      for (const channel of slot.holds.kept) if (!kept.includes(channel)) change.delete([...path, "values", channel]);
    }
    const all = new Map<string, unknown>();
    for (const channel of kept) {
      const isSame =
        isNext &&
        slot.holds.kept.has(channel) &&
        !changed.has(channel) &&
        slot.holds.versions[channel] === versions[channel];
      if (isSame) continue;
      const value = await packed(values[channel]);
      if (isNext) change.set([...path, "values", channel], value);
      else all.set(channel, value);
    }
    if (!isNext) change.set(path, { parent, head, metadata, values: all });
    if (this.#pending?.keys.size !== 0) change.set("pending", new Map());
    const place = this.#save(change, "checkpoints", namespace, id, (step) => step * SLOTS + slot.number);
    const holds = { id, versions: { ...versions }, kept: new Set(kept) };
    return () => {
      place();
      for (const channel of kept) this.#channels.add(channel);
      this.#pending = { of: "", keys: new Set() };
      this.#slots.delete(namespace);
      this.#slots.set(namespace, { number: slot.number, holds });
    };
  }

  /** Keeps writes to a checkpoint. One that is there already stays, except at negative places. */
  async putWrites(namespace: string, id: string, writes: readonly KeptWrite[]): Promise<Commit> {
    const of = JSON.stringify([namespace, id]);
    const change = patch();
    let keys = this.#pending?.of === of ? this.#pending.keys : undefined;
    if (!keys) {
      const before = await this.loadWrites(namespace, id);
      change.set("pending", before);
      keys = new Set(before.keys());
    }
    const next = new Set(keys);
    for (const write of writes) {
      const key = `${write.place} ${write.taskId}`;
      if (write.place >= 0 && next.has(key)) continue;
      next.add(key);
      change.set(["pending", key], write);
    }
    const place = this.#save(change, "writes", namespace, id, (step) => step);
    return () => {
      place();
      this.#pending = { of, keys: next };
    };
  }

  #save(
    change: Patch,
    index: "checkpoints" | "writes",
    namespace: string,
    id: string,
    place: (step: number) => number,
  ): Commit {
    const places = index === "checkpoints" ? this.#checkpoints : this.#writes;
    const number = place(this.store.lastStep + 1);
    if (!places.has(namespace)) change.set([index, namespace], new Map());
    this.store.save(change.set([index, namespace, id], number));
    const ids = places.get(namespace) ?? new Map<string, number>();
    return () => void places.set(namespace, ids.set(id, number));
  }

  /** The slot of a namespace, or one that was used longest ago. */
  #slotOf(namespace: string): { readonly number: number; readonly holds: Slot | undefined } {
    const known = this.#slots.get(namespace);
    if (known) return known;
    if (namespace === "") return { number: 0, holds: undefined };
    const others = [...this.#slots].filter(([name]) => name !== "");
    const taken = new Set(others.map(([, { number }]) => number));
    for (let number = 1; number < SLOTS; number++) if (!taken.has(number)) return { number, holds: undefined };
    const [oldest] = others;
    if (oldest) this.#slots.delete(oldest[0]);
    return { number: oldest?.[1].number ?? 1, holds: undefined };
  }
}
