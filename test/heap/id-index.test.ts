import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { IdIndex } from "../../src/heap/id-index.ts";

describe("IdIndex", () => {
  it("finds every id that there is, and no other", () => {
    const ids = fc.uniqueArray(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { maxLength: 200 });
    fc.assert(
      fc.property(ids, fc.integer({ min: 0, max: 2 ** 32 - 1 }), (list, other) => {
        const index = new IdIndex(list.length, (node) => list[node] ?? -1);
        for (const [node, id] of list.entries()) expect(index.find(id)).toBe(node);
        if (!list.includes(other)) expect(index.find(other)).toBeUndefined();
      }),
    );
  });

  it("finds the ids that V8 gives, which are odd and in a row", () => {
    const index = new IdIndex(100_000, (node) => 2 * node + 1);
    for (let node = 0; node < 100_000; node += 997) expect(index.find(2 * node + 1)).toBe(node);
    expect(index.find(4)).toBeUndefined();
  });
});
