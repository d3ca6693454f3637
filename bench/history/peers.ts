/**
 * Ways to keep each state of a program, side by side: what a save costs in time and bytes, and what it takes
 * to have a state back. All make the same edits, as many of them, and give the same steps back. Bytes are those of
 * what is kept, serialised by V8 where it is kept as objects; for shared structures, the heap that they take.
 */
import { deserialize, serialize } from "node:v8";
import { HistoryStore, memoryHistory, patch } from "plimsoll/history";
import { enablePatches, applyPatches as applyImmer, produceWithPatches, type Patch as ImmerPatch } from "immer";
import { Map as ImmutableMap } from "immutable";
import { apply as applyMutative, create } from "mutative";
import { watched } from "./watched.ts";
import { change, type Edit, type Workload } from "./workloads.mjs";

/** What one way costs. */
export interface PeerCost {
  readonly saveUs: number;
  readonly stepBytes: number;
  readonly restoreMs: number;
}

/** One way of keeping states. */
export interface Peer {
  readonly name: string;
  /** True when it keeps a copy of the whole state for each step. */
  readonly copies?: boolean;
  /** Keeps `steps` states and gives some of them back. */
  readonly run: (workload: Workload, steps: number) => Promise<PeerCost>;
}

enablePatches();
const RESTORES = 5;

function saveUsOf(startedAt: number, steps: number): number {
  return ((performance.now() - startedAt) * 1000) / steps;
}

/** The median time of a steps restores of the newest half, in milliseconds. */
async function timeRestores(steps: number, restore: (step: number) => unknown): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < RESTORES; i++) {
    const step = Math.floor((steps * (RESTORES + i)) / (2 * RESTORES));
    const at = performance.now();
    await restore(step);
    times.push(performance.now() - at);
  }
  return times.sort((one, other) => one - other)[RESTORES >> 1] ?? 0;
}

const plimsoll: Peer = {
  name: "plimsoll",
  async run({ make, edit }, steps) {
    let bytes = 0;
    const driver = watched(memoryHistory(), (more) => (bytes += more.length));
    await using store = await HistoryStore.open<object>({ driver, memory: "64mb" });
    store.save(make());
    await store.flush();
    bytes = 0;
    const startedAt = performance.now();
    for (let step = 0; step < steps; step++) {
      const { path, value } = edit(step);
      store.save(patch().set(path, value));
    }
    const saveUs = saveUsOf(startedAt, steps);
    await store.flush();
    const stepBytes = bytes / steps;
    return { saveUs, stepBytes, restoreMs: await timeRestores(steps, (step) => store.load(step)) };
  },
};

/** A copy of the whole state for each step. */
function copying<K>(
  name: string,
  copy: (state: object) => K,
  restore: (kept: K) => unknown,
  bytesOf: (kept: K) => number,
): Peer {
  return {
    name,
    copies: true,
    async run({ make, edit }, steps) {
      const state = make();
      const kept: K[] = [];
      const startedAt = performance.now();
      for (let step = 0; step < steps; step++) {
        change(state, edit(step));
        kept.push(copy(state));
      }
      const saveUs = saveUsOf(startedAt, steps);
      const stepBytes = bytesOf(kept[0] as K);
      return { saveUs, stepBytes, restoreMs: await timeRestores(steps, (step) => restore(kept[step] as K)) };
    },
  };
}

/** Patches from the first state on, folded for a restore. */
function patching<P>(
  name: string,
  produce: (state: object, edit: Edit) => readonly [object, P],
  fold: (first: object, patches: readonly P[]) => object,
): Peer {
  return {
    name,
    async run({ make, edit }, steps) {
      const first = make();
      let state: object = first;
      const patches: P[] = [];
      const startedAt = performance.now();
      for (let step = 0; step < steps; step++) {
        const [next, made] = produce(state, edit(step));
        state = next;
        patches.push(made);
      }
      const saveUs = saveUsOf(startedAt, steps);
      const restoreMs = await timeRestores(steps, (step) => fold(first, patches.slice(0, step + 1)));
      return { saveUs, stepBytes: serialize(patches).length / steps, restoreMs };
    },
  };
}

const immutable: Peer = {
  name: "immutable 5.2.1",
  async run({ make, edit }, steps) {
    const convert = (value: unknown): unknown =>
      typeof value === "object" && value !== null
        ? ImmutableMap(Object.entries(value).map(([key, part]) => [key, convert(part)]))
        : value;
    let state = convert(make()) as ImmutableMap<string, unknown>;
    const kept: ImmutableMap<string, unknown>[] = [];
    globalThis.gc?.();
    const heapBefore = process.memoryUsage().heapUsed;
    const startedAt = performance.now();
    for (let step = 0; step < steps; step++) {
      const { path, value } = edit(step);
      state = state.setIn(path, value);
      kept.push(state);
    }
    const saveUs = saveUsOf(startedAt, steps);
    globalThis.gc?.();
    const stepBytes = Math.max(0, process.memoryUsage().heapUsed - heapBefore) / steps;
    return { saveUs, stepBytes, restoreMs: await timeRestores(steps, (step) => kept[step]) };
  },
};

/** All of them; the first is ours. */
export const PEERS: readonly Peer[] = [
  plimsoll,
  copying("structuredClone", structuredClone, structuredClone, (kept) => serialize(kept).length),
  copying("v8.serialize", serialize, deserialize, (kept) => kept.length),
  patching<ImmerPatch[]>(
    "immer 11.2.10 patches",
    (state, edit) => {
      const [next, patches] = produceWithPatches(state, (draft) => change(draft, edit));
      return [next, patches];
    },
    (first, patches) => applyImmer(first, patches.flat()),
  ),
  patching<object[]>(
    "mutative 2.0.0 patches",
    (state, edit) => {
      const [next, patches] = create(state, (draft) => change(draft, edit), { enablePatches: true });
      return [next, patches];
    },
    (first, patches) => applyMutative(first, patches.flat() as Parameters<typeof applyMutative>[1]),
  ),
  immutable,
];
