/** What every spilling map does, against a plain Map; it runs without a test framework too, on Node.js lines that the tests do not run on. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { SpillMap } from "../../../src/budget/spill/spill-map.ts";

/** A value whose size differs much from one to the next. */
export interface Value {
  readonly serial: number;
  readonly text: string;
}

/** What the mutable one can do besides. */
export interface MutableMap extends SpillMap<string | number, Value> {
  delete(key: string | number): boolean;
}

const keys = fc.oneof(
  fc.integer({ min: -20, max: 300 }),
  fc.integer({ min: 0, max: 300 }).map(String),
  fc.double(),
  fc.string({ unit: "binary" }),
  fc.constantFrom("", "\ud800", "\udfff", "\ufffd", "0", 0, -0, Number.NaN, "NaN"),
);

/** Fills a map, replaces values in it, and reads it. */
export async function checkWriteThenRead(
  open: () => Promise<SpillMap<string | number, Value>>,
  numRuns = 30,
): Promise<void> {
  const property = fc.asyncProperty(fc.array(keys, { maxLength: 600 }), fc.array(keys), async (set, asked) => {
    using map = await open();
    const model = new Map<string | number, Value>();
    for (const [serial, key] of set.entries()) {
      const value = { serial, text: "x".repeat((serial * 37) % 900) };
      map.set(key, value);
      model.set(key, value);
    }
    assert.equal(map.size, model.size);
    for (const key of [...set, ...asked]) {
      assert.deepEqual(map.get(key), model.get(key));
      assert.equal(map.has(key), model.has(key));
    }
    const entries = [...map.entries()];
    assert.equal(entries.length, model.size);
    assert.deepEqual(new Map(entries), model);
  });
  await fc.assert(property, { numRuns });
}

const steps = fc.array(
  fc.record({ what: fc.constantFrom("set", "set", "get", "delete", "size", "flush", "reopen"), key: keys }),
  {
    maxLength: 400,
  },
);

/** Changes a map in any order; `reopen` closes and opens it where it outlives that. */
export async function checkChanges(
  open: (round: number) => Promise<MutableMap>,
  reopens: boolean,
  numRuns = 20,
): Promise<void> {
  let round = 0;
  const property = fc.asyncProperty(steps, async (list) => {
    round += 1;
    let map = await open(round);
    const model = new Map<string | number, Value>();
    for (const [serial, { what, key }] of list.entries()) {
      const value = { serial, text: "y".repeat((serial * 91) % 2_000) };
      if (what === "set") {
        map.set(key, value);
        model.set(key, value);
      } else if (what === "delete") assert.equal(map.delete(key), model.delete(key));
      else if (what === "size") assert.equal(map.size, model.size);
      else if (what === "reopen" && reopens) {
        map.close();
        map = await open(round);
      } else assert.deepEqual(map.get(key), model.get(key));
    }
    assert.deepEqual(new Map(map.entries()), model);
    map.close();
  });
  await fc.assert(property, { numRuns });
}
