import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { adopt, scope, tree } from "../../src/scope/index.ts";
import { Counted, countedAdapter } from "./counted.ts";

let adoption: Disposable;
beforeEach(() => {
  adoption = adopt(countedAdapter);
});
afterEach(() => adoption[Symbol.dispose]());

class Layer {
  readonly weight = new Counted();
  readonly size = 3;
  scaled(): number {
    return this.size * 2;
  }
}

describe("tree", () => {
  it("finds leaves everywhere, in order, as often as they stand there", () => {
    const value = new Counted();
    const closing = { close: () => undefined };
    const layer = new Layer();
    const root = {
      a: [value, value],
      m: new Map<unknown, unknown>([["k", closing]]),
      s: new Set([layer]),
      n: 5,
      bytes: new Uint8Array(3),
    };
    expect(tree.leaves(root)).toEqual([value, value, closing, layer.weight]);
    expect(tree.leaves(null)).toEqual([]);
  });

  it("does not run getters, and goes through a list of a hundred thousand", () => {
    const root = {
      get trap(): never {
        throw new Error("ran");
      },
    };
    expect(tree.leaves(root)).toEqual([]);
    expect(tree.map(root, () => 1)).toBe(root);
    let list: object = { value: new Counted() };
    for (let i = 0; i < 100_000; i++) list = { next: list };
    expect(tree.leaves(list)).toHaveLength(1);
  });

  it("maps into the same structure, class instances included, and leaves the old one alone", () => {
    const root = { layers: [new Layer(), new Layer()], at: new Date(5), map: new Map([["x", new Counted()]]) };
    const mapped = tree.map(root, () => new Counted("new"));
    expect(mapped.layers[0]).toBeInstanceOf(Layer);
    expect(mapped.layers[1]?.scaled()).toBe(6);
    expect(tree.leaves(mapped).map((leaf) => (leaf instanceof Counted ? leaf.label : ""))).toEqual([
      "new",
      "new",
      "new",
    ]);
    expect(tree.leaves(root).every((leaf) => leaf instanceof Counted && leaf.label === "value")).toBe(true);
    expect(mapped.at).toEqual(new Date(5));
  });

  it("clones by counting, so that both can be disposed of", () => {
    const value = new Counted();
    const copy = tree.clone({ value });
    expect(value.references).toBe(2);
    void tree.dispose({ value });
    expect(copy.value.references).toBe(1);
    void tree.dispose(copy);
    expect(value.references).toBe(0);
  });

  it("refuses to clone what cannot be", () => {
    class Socket {
      destroy(): void {}
    }
    expect(() => tree.clone([new Socket()])).toThrow(/A Socket cannot be cloned/);
  });

  it("disposes of all, tells of all that failed, and waits where it must", async () => {
    const stubborn = new Counted("a");
    stubborn.isStubborn = true;
    const value = new Counted();
    expect(() => tree.dispose([value, stubborn])).toThrow(
      expect.objectContaining({ code: "ERR_PLIMSOLL_RELEASE_FAILED" }),
    );
    expect(value.references).toBe(0);
    let isClosed = false;
    const file = {
      close: async () => {
        await Promise.resolve();
        isClosed = true;
      },
    };
    await tree.dispose({ file });
    expect(isClosed).toBe(true);
    expect(tree.dispose({ file })).toBeUndefined();
  });

  it("finds any cycle", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 20 }), (length, back) => {
        const nodes: { next?: object }[] = Array.from({ length: length + 1 }, () => ({}));
        nodes.forEach((node, index) => {
          const next = nodes[index + 1];
          if (next) node.next = next;
        });
        expect(tree.leaves(nodes[0])).toEqual([]);
        const last = nodes.at(-1);
        if (last) last.next = nodes[Math.min(back, length)] ?? {};
        expect(() => tree.leaves(nodes[0])).toThrow(expect.objectContaining({ code: "ERR_PLIMSOLL_TREE_CYCLE" }));
      }),
    );
  });

  it("is nothing that a scope would lose", () => {
    const copy = scope(() => tree.clone([scope(() => new Counted())]));
    expect(copy[0]?.references).toBe(1);
  });
});
