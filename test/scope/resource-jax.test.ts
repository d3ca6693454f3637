/** A model of jax-js arrays, shared and pooled: it has no method to close it, so its arrays are found and released one by one. */
import { setImmediate as turn } from "node:timers/promises";
import * as jax from "@jax-js/jax";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { adopt, jaxArrays, ledger, ManagedResource, ResourcePool, scope } from "../../src/scope/index.ts";
import { FakeClock } from "../monitor/fake-clock.ts";

const { numpy: np } = jax;
let adoption: Disposable;

beforeAll(async () => {
  await jax.init("wasm");
  jax.defaultDevice("wasm");
  adoption = adopt(jaxArrays(jax));
});
afterAll(() => adoption[Symbol.dispose]());

class Model {
  readonly layers = [
    { weights: np.ones([8, 4]), bias: np.zeros([4]) },
    { weights: np.ones([4, 1]), bias: np.zeros([1]) },
  ];

  /** Loses no reference of its own, but some of its intermediates. */
  predict(input: readonly number[]): number {
    return scope(() => {
      let activations = np.array([...input]);
      for (const { weights, bias } of this.layers) activations = np.dot(activations, weights.ref).add(bias.ref);
      void np.array([1, 2, 3]).ref;
      return activations.sum().js() as number;
    });
  }
}

const BYTES = 4 * (8 * 4 + 4 + 4 + 1);
const INPUT = [1, 2, 3, 4, 5, 6, 7, 8];

describe("a jax-js model", () => {
  it("is one managed resource: all its arrays live until cleanup, and nothing of its uses does", async () => {
    const clock = new FakeClock();
    const before = ledger.live("jax-js");
    // Made within a scope, it is still nobody's but the resource's.
    const resource = new ManagedResource({ name: "model", acquire: () => new Model(), idleTimeoutMs: 1000, clock });
    const predictions = await scope(async () =>
      Promise.all(Array.from({ length: 10 }, () => resource.use((model) => model.predict(INPUT)))),
    );
    expect(new Set(predictions)).toEqual(new Set([4 * 36]));
    expect(ledger.live("jax-js")).toBe(before + 4);
    expect(resource.getMemoryUsage()).toMatchObject({ isAcquired: true, acquiredCount: 1, ownBytes: BYTES });
    await expect(
      resource.use(() => {
        throw new Error("on purpose");
      }),
    ).rejects.toThrow("on purpose");
    expect(await resource.use((model) => model.predict(INPUT))).toBe(144);
    clock.advance(1500);
    await turn();
    expect(ledger.live("jax-js")).toBe(before);
    expect(resource.getMemoryUsage()).toMatchObject({ isAcquired: false, ownBytes: undefined });
    expect(await resource.use((model) => model.predict(INPUT))).toBe(144);
    expect(await resource.forceCleanup()).toBe(true);
    expect(ledger.live("jax-js")).toBe(before);
  });

  it("is pooled within a cap on its bytes", async () => {
    const before = ledger.live("jax-js");
    const pool = new ResourcePool({ name: "model", max: 10, maxBytes: 2.5 * BYTES, create: () => new Model() });
    let most = 0;
    const results = await Promise.all(
      Array.from({ length: 12 }, () =>
        pool.use(async (model) => {
          await turn();
          most = Math.max(most, pool.getMemoryUsage().bytes ?? 0);
          return model.predict(INPUT);
        }),
      ),
    );
    expect(results).toEqual(Array.from({ length: 12 }, () => 144));
    expect(most).toBe(2 * BYTES);
    expect(ledger.live("jax-js")).toBe(before + 2 * 4);
    await pool[Symbol.asyncDispose]();
    expect(ledger.live("jax-js")).toBe(before);
  });

  it("is refused when nothing says how it is released", async () => {
    const resource = new ManagedResource({ name: "settings", acquire: () => ({ depth: 3 }) });
    const refusal = expect.objectContaining({
      code: "ERR_PLIMSOLL_UNKNOWN_VALUE",
      message: expect.stringMatching(/How settings is released is not known/),
    });
    await expect(resource.use(() => 1)).rejects.toEqual(refusal);
    expect(resource.getMemoryUsage()).toMatchObject({ isAcquired: false, acquiredCount: 0 });
    const pool = new ResourcePool({ name: "settings", max: 1, create: () => ({ depth: 3 }) });
    await expect(pool.acquire()).rejects.toEqual(refusal);
    const told = new ManagedResource({ name: "settings", acquire: () => ({ depth: 3 }), release: () => {} });
    expect(await told.use(({ depth }) => depth)).toBe(3);
  });
});
