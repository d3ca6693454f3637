/**
 * What every adapter must hold to, whatever its library: who owns, what survives, what a throw and a failed
 * release do, what may not be used again. One call of {@link describeAdapter} a library.
 */
import { setImmediate as turn } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { adopt, type Adapter, PlimsollError, scope, type Scope, tree } from "../../../src/scope/index.ts";

/** A library under the contract. */
export interface AdapterCase<V extends object> {
  /** What its adapter is called in the test. */
  readonly name: string;
  /** Made when the tests run, after `prepare`. Default: none is adopted; what can be closed is known to all scopes. */
  readonly adapter?: () => Adapter<V>;
  /** Loads the library. Default: nothing to load. */
  readonly prepare?: () => Promise<unknown>;
  /** Makes a value. */
  readonly create: () => V | Promise<V>;
  /** True when scopes see a value come to be without `use`. */
  readonly isSeen: boolean;
  /** The library's own word on whether a value still lives. */
  readonly alive: (value: V) => boolean;
}

/** Runs the contract on one library. */
export function describeAdapter<V extends object>(library: AdapterCase<V>): void {
  describe(`${library.name} keeps to the contract of adapters`, () => {
    let adoption: Disposable | undefined;
    beforeAll(async () => {
      await library.prepare?.();
      if (library.adapter) adoption = adopt(library.adapter());
    });
    afterAll(() => adoption?.[Symbol.dispose]());

    const make = async (s: Scope): Promise<V> => {
      const value = await library.create();
      return library.isSeen ? value : s.use(value);
    };
    const alive = (values: readonly V[]): boolean[] => values.map((value) => library.alive(value));

    it("releases what is not returned, and moves what is to the scope around", async () => {
      const seen: V[] = [];
      await scope(async (outer) => {
        const kept = await scope(async (s) => {
          seen.push(await make(s), await make(s));
          return seen[1];
        });
        expect(kept).toBe(seen[1]);
        expect(alive(seen)).toEqual([false, true]);
        outer.defer(() => expect(alive(seen)).toEqual([false, true]));
      });
      expect(alive(seen)).toEqual([false, false]);
    });

    it("finds survivors in objects, arrays, maps, sets and class instances", async () => {
      class Model {
        readonly parts: readonly unknown[];
        constructor(parts: readonly unknown[]) {
          this.parts = parts;
        }
      }
      const seen: V[] = [];
      await scope(async () => {
        await scope(async (s) => {
          for (let i = 0; i < 6; i++) seen.push(await make(s));
          const [inObject, inArray, inMap, inSet, inClass] = seen;
          return {
            inObject,
            list: [[inArray]],
            map: new Map([["a", inMap]]),
            set: new Set([inSet]),
            model: new Model([inClass]),
          };
        });
        expect(alive(seen)).toEqual([true, true, true, true, true, false]);
      });
      expect(alive(seen)).toEqual([false, false, false, false, false, false]);
    });

    it("releases everything when the body throws, or returns a tree that holds itself", async () => {
      const seen: V[] = [];
      const thrown = scope(async (s) => {
        seen.push(await make(s), await make(s));
        throw new Error("on purpose");
      });
      await expect(thrown).rejects.toThrow("on purpose");
      const cyclic = scope(async (s) => {
        const node: { value?: V; self?: object } = {};
        node.self = node;
        node.value = await make(s);
        seen.push(node.value);
        return node;
      });
      await expect(cyclic).rejects.toMatchObject({ code: "ERR_PLIMSOLL_TREE_CYCLE", details: { path: ".self" } });
      expect(alive(seen)).toEqual([false, false, false]);
    });

    it("refuses what was released, and a scope that ended, with the place", async () => {
      const seen: V[] = [];
      let ended: Scope | undefined;
      await scope(async (s) => {
        ended = s;
        seen.push(await make(s));
      });
      const [gone] = seen;
      if (!gone || !ended) throw new Error("nothing was made");
      const again: (() => unknown)[] = [() => scope((s) => s.use(gone))];
      // Only a value of a known library is told from other objects in a tree.
      if (library.adapter) again.push(() => scope((s) => s.keep([gone, s.use({ close() {} })])));
      for (const attempt of again) {
        const error = errorOf(attempt);
        expect(error).toMatchObject({ code: "ERR_PLIMSOLL_RELEASED" });
        expect(error?.stack).toMatch(/Released:[^]*Now:[^]*contract\.ts/);
      }
      expect(errorOf(() => ended?.use(gone))).toMatchObject({ code: "ERR_PLIMSOLL_SCOPE_ENDED" });
    });

    it("does not release again what was released by hand", async () => {
      const seen: V[] = [];
      await scope(async (s) => {
        seen.push(await make(s));
        if (library.adapter) await tree.dispose(seen);
      });
      expect(alive(seen)).toEqual([false]);
    });

    it("keeps interleaved scopes apart", async () => {
      const kept = await Promise.all(
        Array.from({ length: 8 }, (_, job) =>
          scope(async (s) => {
            const mine: V[] = [];
            for (let i = 0; i < 3; i++) {
              mine.push(await make(s));
              await turn();
              if (job % 2 > 0) await Promise.resolve();
              expect(alive(mine)).not.toContain(false);
            }
            return { mine, last: mine.at(-1) }.last;
          }),
        ),
      );
      const values = kept.filter((value) => value !== undefined);
      expect(alive(values)).toEqual(Array.from({ length: 8 }, () => true));
      await scope(async (s) => {
        for (const value of values) s.use(value);
      });
      expect(alive(values)).not.toContain(true);
    });

    it("releases the rest when one release fails, and tells of all failures", async () => {
      const seen: V[] = [];
      const failing = scope(async (s) => {
        seen.push(await make(s));
        for (const label of ["first", "second"])
          s.use({
            close() {
              throw new Error(`${label} does not go`);
            },
          });
        seen.push(await make(s));
      });
      const error: unknown = await failing.catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: "ERR_PLIMSOLL_RELEASE_FAILED", details: { failed: 2 } });
      expect((error as PlimsollError).cause).toMatchObject({
        errors: [{ message: "second does not go" }, { message: "first does not go" }],
      });
      expect(alive(seen)).toEqual([false, false]);
    });

    it("refuses a value of an unknown library with the place, and releases the others", async () => {
      class Foreign {
        readonly size = 1;
      }
      const seen: V[] = [];
      const refused = scope(async (s) => {
        seen.push(await make(s));
        s.use(new Foreign());
      });
      const error: unknown = await refused.catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: "ERR_PLIMSOLL_UNKNOWN_VALUE", details: { className: "Foreign" } });
      expect((error as PlimsollError).stack).toContain("contract.ts");
      expect(alive(seen)).toEqual([false]);
    });
  });
}

function errorOf(action: () => unknown): PlimsollError | undefined {
  try {
    action();
  } catch (error) {
    if (error instanceof PlimsollError) return error;
    throw error;
  }
  return undefined;
}
