/**
 * The five causes of growth: told apart from figures alone, and each reproduced with jax-js itself.
 */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type HeapReadings, judgeLibrary, judgeTurn, type LibraryReading } from "../../src/scope/causes.ts";
import {
  adopt,
  countWebAssembly,
  type GrowthCause,
  jaxArrays,
  ledger,
  scope,
  yieldTurn,
} from "../../src/scope/index.ts";

const MB = 2 ** 20;
const gauges = { slots: 2, modules: 3, memoryBytes: MB };
const start: LibraryReading = { live: 2, bytes: 100, gauges };

describe("figures", () => {
  const kinds = (to: Partial<LibraryReading>, more: object = {}): string[] =>
    judgeLibrary("lib", start, { ...start, ...to, gauges: { ...gauges, ...more } }).causes.map(({ kind }) => kind);

  it.each([
    ["below the noise", { live: 20 }, { slots: 20, modules: 9 }, []],
    ["values with their slots", { live: 900 }, { slots: 500 }, ["lost-references"]],
    ["slots without values", {}, { slots: 4000 }, ["lazy-chains"]],
    ["values, and far more slots", { live: 100 }, { slots: 4000 }, ["lost-references", "lazy-chains"]],
    ["modules", {}, { modules: 2000 }, ["compile-caches"]],
    ["memory without slots", { live: 2 }, { memoryBytes: 360 * MB }, ["wasm-high-water"]],
    ["memory that one value holds", { live: 3, bytes: 360 * MB }, { slots: 3, memoryBytes: 361 * MB }, []],
    ["memory that waits behind unread operations", {}, { slots: 4000, memoryBytes: 99 * MB }, ["lazy-chains"]],
    [
      "memory far above what a value holds",
      { live: 3, bytes: 9 * MB },
      { slots: 3, memoryBytes: 99 * MB },
      ["wasm-high-water"],
    ],
  ] as const)("%s", (_what, to, more, expected) => {
    expect(kinds(to, more)).toEqual(expected);
  });

  it("say what nobody counts", () => {
    const { causes, open } = judgeLibrary("lib", { ...start, gauges: {} }, { ...start, live: 90, gauges: {} });
    expect(causes.map(({ kind }) => kind)).toEqual(["lost-references"]);
    expect(open.map(({ kind }) => kind)).toEqual(["lazy-chains", "compile-caches", "wasm-high-water"]);
    expect(open[0]?.needs).toContain("countWebAssembly()");
  });

  it("name nothing when nothing rose", () => {
    const count = fc.nat(1e6);
    const reading = fc.record({
      live: count,
      bytes: count,
      gauges: fc.record({ slots: count, modules: count, memoryBytes: fc.nat(2 ** 31) }),
    });
    const fall = (value: number, share: number): number => Math.floor(value * share);
    fc.assert(
      fc.property(reading, fc.double({ min: 0, max: 1, noNaN: true }), (from, share) => {
        const lower = {
          live: fall(from.live, share),
          bytes: fall(from.bytes, share),
          gauges: {
            slots: fall(from.gauges.slots, share),
            modules: fall(from.gauges.modules, share),
            memoryBytes: fall(from.gauges.memoryBytes, share),
          },
        };
        expect(judgeLibrary("lib", from, lower)).toEqual({ causes: [], open: [] });
      }),
    );
  });

  it("name a turn only where it frees what had piled up", () => {
    const judge = (readings: HeapReadings): string | undefined => judgeTurn(readings)?.kind;
    expect(judge({ from: 12 * MB, beforeTurn: 99 * MB, afterTurn: 13 * MB })).toBe("kept-weakrefs");
    expect(judge({ from: 12 * MB, beforeTurn: 99 * MB, afterTurn: 90 * MB })).toBeUndefined();
    expect(judge({ from: 12 * MB, beforeTurn: 13 * MB, afterTurn: 12 * MB })).toBeUndefined();
  });
});

describe("jax-js", async () => {
  const webAssembly = countWebAssembly();
  const jax = await import("@jax-js/jax");
  const { numpy: np } = jax;
  let adoption: Disposable;

  beforeAll(async () => {
    await jax.init("wasm");
    jax.defaultDevice("wasm");
    adoption = adopt(jaxArrays(jax, { webAssembly }));
  });
  afterAll(() => {
    adoption[Symbol.dispose]();
    webAssembly[Symbol.dispose]();
  });

  const density = (z: InstanceType<typeof jax.Array>): InstanceType<typeof jax.Array> =>
    np
      .square(
        np
          .array([28, 8, -3, 7])
          .sub(z)
          .div(np.array([15, 10, 16, 11])),
      )
      .sum()
      .mul(-0.5);
  const gradient = jax.valueAndGrad(density);
  const point = (): InstanceType<typeof jax.Array> => np.array([1, 2, 3, 4]);
  const take = (): void => scope(() => void gradient(point())[0].js());

  async function causesOf(work: () => unknown): Promise<readonly GrowthCause[]> {
    // By then what is compiled once is compiled.
    take();
    await yieldTurn({ everyMs: 0 });
    const mark = ledger.mark();
    await work();
    const { causes, open } = await ledger.explain(mark);
    expect(open).toEqual([]);
    return causes;
  }
  const kindsOf = (causes: readonly GrowthCause[]): string[] => causes.map(({ kind }) => kind);

  it("loses references", async () => {
    const lost: object[] = [];
    const causes = await causesOf(() => {
      for (let i = 0; i < 60; i++) lost.push(point());
      lost.length = 0;
    });
    expect(kindsOf(causes)).toEqual(["lost-references"]);
    expect(causes[0]?.sentence).toBe("60 more jax-js values are alive than before: nobody released them.");
  });

  it("lets operations wait that nobody reads", async () => {
    let chain = np.array([1, 2, 3]);
    expect(
      kindsOf(
        await causesOf(() => {
          for (let i = 0; i < 150; i++) chain = chain.mul(1.01);
        }),
      ),
    ).toEqual(["lazy-chains"]);
    chain.dispose();
  });

  it("keeps the targets of its WeakRefs while a turn lasts", async () => {
    const causes = await causesOf(() => {
      for (let i = 0; i < 500; i++) take();
    });
    expect(kindsOf(causes)).toEqual(["kept-weakrefs"]);
    expect(causes[0]?.next[0]).toContain("yieldTurn()");
  });

  it("compiles a module for each constant", async () => {
    const causes = await causesOf(async () => {
      for (let i = 0; i < 80; i++) {
        scope(() =>
          np
            .array([1, 2])
            .mul(i + 0.123)
            .js(),
        );
        await yieldTurn({ everyMs: 0 });
      }
    });
    expect(kindsOf(causes)).toEqual(["compile-caches"]);
  });

  it("takes memory that never shrinks", async () => {
    const causes = await causesOf(() => {
      for (let size = 4; size < 9; size++) scope(() => np.array(new Float32Array((size * MB) / 4)));
    });
    expect(kindsOf(causes)).toEqual(["wasm-high-water"]);
    expect(causes[0]?.sentence).toMatch(/^\d+(?:\.\d)? MB of WebAssembly memory were taken/);
  });

  it("is not accused of what is well", async () => {
    const compiled = jaxArrays(jax).jit(jax.jit(gradient));
    const call = (): void => scope(() => void compiled(point())[0].js());
    for (let i = 0; i < 20; i++) call();
    expect(
      await causesOf(async () => {
        for (let i = 0; i < 200; i++) {
          call();
          await yieldTurn();
        }
      }),
    ).toEqual([]);
    const kept = np.array(new Float32Array(4 * MB));
    expect(
      await causesOf(async () => {
        for (let i = 0; i < 100; i++) {
          take();
          await yieldTurn({ everyMs: 0 });
        }
      }),
    ).toEqual([]);
    kept.dispose();
  });
});
