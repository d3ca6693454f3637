/**
 * Any sequence of saving, patching, going back and forth, branching and opening again equals a model that
 * keeps a structured clone of every state.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HistoryStore, memoryHistory, patch } from "../../src/history/browser.ts";

type State = Record<string, unknown>;

const primitive = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({ maxLength: 3 }),
  fc.bigInt(),
  fc.boolean(),
  fc.constantFrom(undefined, null, -0, Number.NaN, "\ud800", "x".repeat(3000), 2 ** 53 - 1, -(2 ** 53)),
);
const typedArray = fc.oneof(fc.uint8Array({ maxLength: 3000 }), fc.float64Array({ maxLength: 5 }), fc.int16Array());
const leaf = fc.oneof(
  { weight: 6, arbitrary: primitive },
  typedArray,
  fc.date({ noInvalidDate: false }),
  fc.constantFrom(/a+/g, /x/u).map(({ source, flags }) => new RegExp(source, flags)),
);
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    fc.dictionary(fc.string({ maxLength: 3 }), tie("value"), { maxKeys: 5, noNullPrototype: true }),
    fc.array(tie("value"), { maxLength: 5 }),
    fc.array(fc.tuple(leaf, tie("value")), { maxLength: 5 }).map((entries) => new Map(entries)),
    fc.array(tie("value"), { maxLength: 4 }).map((members) => new Set(members)),
    fc.sparseArray(tie("value"), { maxNumElements: 4, maxLength: 9 }),
  ),
}));
const keys = fc.constantFrom<string>("a", "b", "c", "d", "10", "9");

/** One thing that a program does with its history. */
type Act = (world: World) => Promise<void> | void;

interface World {
  store: HistoryStore<State>;
  readonly states: Map<number, { readonly state: State; readonly parent: number }>;
  /** The state as the program holds it. */
  live: State;
  cursor: number;
  readonly reopen: () => Promise<HistoryStore<State>>;
}

function saved(world: World, step: number): void {
  world.states.set(step, { state: structuredClone(world.live), parent: world.cursor });
  world.cursor = step;
}

const acts: fc.Arbitrary<Act>[] = [
  fc.tuple(keys, value).map(([key, value]): Act => (world) => {
    world.live[key] = value;
    saved(world, world.store.save(world.live));
  }),
  fc.tuple(keys, value).map(([key, value]): Act => (world) => {
    world.live[key] = value;
    saved(world, world.store.save(patch().set(key, value)));
  }),
  fc.tuple(keys, keys).map(([from, to]): Act => (world) => {
    // Two places share one container.
    world.live[to] = world.live[from];
    world.live.self = { back: world.live, shared: world.live[from] };
    saved(world, world.store.save(world.live));
  }),
  keys.map((key): Act => (world) => {
    delete world.live[key];
    saved(world, world.store.save(patch().delete(key)));
  }),
  fc.array(keys).map((order): Act => (world) => {
    // The same entries in another order, in a new object.
    const entries = Object.entries(world.live).sort(([a], [b]) => order.indexOf(a) - order.indexOf(b));
    world.live = Object.fromEntries(entries.map(([key, value]) => [key, structuredClone(value)]));
    saved(world, world.store.save(world.live));
  }),
  fc.tuple(keys, value).map(([key, value]): Act => (world) => {
    const list: unknown[] = [];
    world.live[key] = list;
    saved(world, world.store.save(patch().set(key, list)));
    list.push(value);
    saved(world, world.store.save(patch().push([key], value)));
  }),
  fc.integer({ min: 1, max: 4 }).map((count): Act => async (world) => {
    let expected = world.cursor;
    for (let i = 0; i < count; i++) expected = world.states.get(expected)?.parent || expected;
    assert.equal(await world.store.back(count), expected);
    await come(world, expected);
    if (count === 2) {
      const forward = await world.store.forward();
      await come(world, forward);
    }
  }),
  fc.nat().map((pick): Act => async (world) => {
    const steps = [...world.states.keys()];
    const step = steps[pick % steps.length] ?? 0;
    if (step > 0) await come(world, await world.store.goTo(step));
  }),
  fc.tuple(fc.integer({ min: 1, max: 6 }), fc.nat(3)).map(([divisor, rest]): Act => async (world) => {
    const keeps = divisor > 4 ? { last: divisor } : ({ step }: { step: number }) => step % divisor === rest % divisor;
    const newest = [...world.states.keys()].slice(-divisor);
    const always = new Set([world.cursor, ...world.store.branches.values(), ...world.store.tags.values()]);
    const stays = (step: number): boolean =>
      always.has(step) || (typeof keeps === "function" ? keeps({ step }) : newest.includes(step));
    const gone = [...world.states.keys()].filter((step) => !stays(step));
    const thinning = world.store.thin(keeps);
    const beside = divisor === 3 ? world.store.save(patch().set("beside", rest)) : undefined;
    const { evicted, evictedSteps } = await thinning;
    assert.equal(evictedSteps, gone.length);
    assert.deepEqual(
      evicted.flatMap(({ from, to }) => gone.filter((step) => step >= from && step <= to)),
      gone,
    );
    for (const [step, entry] of world.states) {
      let { parent } = entry;
      while (parent > 0 && !stays(parent)) parent = world.states.get(parent)?.parent ?? 0;
      world.states.set(step, { state: entry.state, parent });
    }
    for (const step of gone) {
      world.states.delete(step);
      await assert.rejects(world.store.load(step), { code: "ERR_PLIMSOLL_NO_STEP" });
    }
    if (beside === undefined) return;
    world.live.beside = rest;
    saved(world, beside);
  }),
  fc.nat().map((pick): Act => (world) => {
    const steps = [...world.states.keys()];
    world.store.tag(`tag ${pick % 3}`, steps[pick % steps.length]);
    if (pick % 5 === 0) world.store.branch(`branch ${pick % 2}`);
  }),
  fc.constant<Act>(async (world) => {
    await world.store.close();
    world.store = await world.reopen();
    await come(world, world.store.step);
  }),
];

async function come(world: World, step: number): Promise<void> {
  world.cursor = step;
  world.live = step === 0 ? {} : await world.store.load(step);
}

describe("a history", () => {
  it.each([
    { name: "with a keyframe now and then", segmentBytes: 4096, immutable: false },
    { name: "in one segment", segmentBytes: 2 ** 20, immutable: false },
  ])("equals a model of structured clones, $name", async ({ segmentBytes }) => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(...acts), { maxLength: 25 }), async (sequence) => {
        const driver = memoryHistory();
        const reopen = (): Promise<HistoryStore<State>> =>
          HistoryStore.open<State>({ driver, segmentBytes, keyframeBytes: 300 });
        const world: World = { store: await reopen(), states: new Map(), live: {}, cursor: 0, reopen };
        saved(world, world.store.save(world.live));
        for (const act of sequence) await act(world);
        for (const [step, { state, parent }] of world.states) {
          expect(await world.store.load(step)).toStrictEqual(state);
          for (const key of Object.keys(state)) {
            expect(await world.store.at(step).get(key)).toStrictEqual(state[key]);
          }
          expect(Object.keys(await world.store.load(step))).toEqual(Object.keys(state));
          expect(parent).toBeLessThan(step);
        }
        const parents = new Map<number, number>();
        for await (const { step, parent } of world.store) parents.set(step, parent);
        expect(parents).toEqual(new Map([...world.states].map(([step, { parent }]) => [step, parent])));
        await world.store.close();
      }),
      { numRuns: 150 },
    );
  });
});
