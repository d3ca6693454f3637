/** jax-js for real, on its WebAssembly backend: what scopes own, what a compiled function captures, what is left as it was. */
import * as jax from "@jax-js/jax";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { adopt, jaxArrays, ledger, scope } from "../../../src/scope/index.ts";

const { numpy: np } = jax;
const adapter = jaxArrays(jax);
let adoption: Disposable;

beforeAll(async () => {
  await jax.init("wasm");
  jax.defaultDevice("wasm");
  adoption = adopt(adapter);
});
afterAll(() => adoption[Symbol.dispose]());

/** Log-density of a normal with its own data, written as users do: it loses a reference to each of its inputs. */
function logDensity(z: jax.Array): jax.Array {
  const scale = np.array([15, 10, 16, 11]);
  const data = np.array([28, 8, -3, 7]);
  return np.square(data.ref.sub(z).div(scale.ref)).sum().mul(-0.5);
}

describe("jax-js arrays in scopes", () => {
  it("are released but for what is returned, lost references included", () => {
    const before = ledger.live("jax-js");
    const values = Array.from({ length: 20 }, () => scope(() => logDensity(np.array([1, 2, 3, 4])).js() as number));
    expect(new Set(values).size).toBe(1);
    expect(ledger.live("jax-js")).toBe(before);
    const kept = scope(() => ({ list: [np.array([1, 2])], lost: np.array([3]).size }));
    expect(kept.list[0]?.js()).toEqual([1, 2]);
    expect(ledger.live("jax-js")).toBe(before);
  });

  it("leave outer arrays with the references that they had", () => {
    const outer = np.array([5, 6]);
    scope(() => {
      void outer.ref.ref;
      return outer.ref.add(1).js();
    });
    expect(outer.refCount).toBe(1);
    outer.dispose();
  });

  it("survive in eager gradients as often as one asks", () => {
    const gradient = jax.valueAndGrad(logDensity);
    const before = ledger.live("jax-js");
    for (let i = 0; i < 5; i++) {
      const [value, slope] = scope(() => gradient(np.array([1, 2, 3, 4])));
      expect(value.js()).toBeCloseTo(-1.9075, 3);
      expect(slope.js()).toHaveLength(4);
    }
    expect(ledger.live("jax-js")).toBe(before);
  });

  it("keep what the first call of a compiled function captures", () => {
    const bare = jax.jit(logDensity);
    const compiled = adapter.jit(bare);
    const outer = np.array([1, 2, 3, 4]);
    const first = scope(() => compiled(outer.ref).js());
    const before = ledger.live("jax-js");
    for (let i = 0; i < 5; i++) expect(scope(() => compiled(outer.ref).js())).toBe(first);
    expect(outer.refCount).toBe(1);
    expect(ledger.live("jax-js")).toBe(before);
    expect(scope(() => compiled(np.array([1, 2, 3, 4]))).js()).toBe(first);
    bare.dispose();
    outer.dispose();
  });

  it("shows both places when one is used after its scope", () => {
    const lost: jax.Array[] = [];
    scope(() => void lost.push(np.array([1])));
    expect(() => lost[0]?.ref).toThrow(expect.objectContaining({ code: "ERR_PLIMSOLL_RELEASED" }));
    expect(() => lost[0]?.dispose()).toThrow(/Released:\n +at .*jax\.test\.ts/);
  });

  it("names the place that keeps them", () => {
    const kept: jax.Array[] = [];
    function leakingStep(): void {
      kept.push(np.zeros([100]));
    }
    using _replay = ledger.replay("jax-js");
    for (let i = 0; i < 30; i++) leakingStep();
    const site = ledger.report().rows[0]?.sites.find(({ place }) => place.includes("leakingStep"));
    expect(site?.live).toBeGreaterThanOrEqual(29);
    for (const array of kept) array.dispose();
  });
});

it("leaves the library as it was", () => {
  const parent: unknown = Object.getPrototypeOf(jax.Array);
  const own = jaxArrays(jax);
  const observed = own.onCreate?.({ created: () => {}, retained: () => {}, released: () => {} });
  expect(Object.getPrototypeOf(jax.Array)).not.toBe(parent);
  observed?.[Symbol.dispose]();
  expect(Object.getPrototypeOf(jax.Array)).toBe(parent);
});

describe("an array that a compiled function captured", () => {
  const compileIn = (isKept: boolean): ((x: jax.Array) => jax.Array) =>
    scope((s) => {
      const data = np.array([1, 2, 3]);
      if (isKept) s.keep(data);
      const addData = adapter.jit(jax.jit((x: jax.Array) => x.add(data.ref)));
      expect(addData(np.array([1, 1, 1])).js()).toEqual([2, 3, 4]);
      return addData;
    });

  it("is gone with the scope that made it: one clear error with the place", () => {
    const compiled = compileIn(false);
    expect(() => scope(() => compiled(np.array([1, 1, 1])).js())).toThrow(
      /was released and cannot be used\. Return it from its scope, or keep\(\) it/,
    );
  });

  it("stays when it is kept", () => {
    const compiled = compileIn(true);
    expect(scope(() => compiled(np.array([1, 1, 1])).js())).toEqual([2, 3, 4]);
  });
});
