/** tfjs for real, on its processor backend: its own tidy, keep, variables and gradients inside and around scopes. */
import { setImmediate as turn } from "node:timers/promises";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { adopt, ledger, scope, tfjsTensors, tree } from "../../../src/scope/index.ts";

// The package brings no gradients to Node on its own: the four that are used here.
const first = (tensors: tf.Tensor[]): tf.Tensor => tensors[0] ?? tf.scalar(NaN);
const slopes: Readonly<Record<string, (dy: tf.Tensor, saved: tf.Tensor[]) => Record<string, () => tf.Tensor>>> = {
  Square: (dy, saved) => ({ x: () => tf.mul(dy, tf.mul(first(saved), 2)) }),
  Sin: (dy, saved) => ({ x: () => tf.mul(dy, tf.cos(first(saved))) }),
  Sum: (dy, saved) => ({ x: () => tf.mul(dy, tf.onesLike(first(saved))) }),
  Multiply: (dy, saved) => ({ a: () => tf.mul(dy, saved[1] ?? NaN), b: () => tf.mul(dy, first(saved)) }),
};

let adoption: Disposable;
beforeAll(async () => {
  await tf.setBackend("cpu");
  for (const [kernelName, slope] of Object.entries(slopes)) {
    const inputsToSave = kernelName === "Multiply" ? ["a", "b"] : ["x"];
    const gradFunc = (dy: tf.Tensor | tf.Tensor[], saved: tf.Tensor[]) =>
      slope(Array.isArray(dy) ? first(dy) : dy, saved);
    tf.registerGradient({ kernelName, inputsToSave, gradFunc });
  }
  adoption = adopt(tfjsTensors(tf));
});
afterAll(() => adoption[Symbol.dispose]());

/** Tensors that an action leaves, by the library's count and by the ledger's, which must be the same. */
async function leftBy(action: () => unknown): Promise<number> {
  const before = [tf.memory().numTensors, ledger.live("tfjs")] as const;
  await action();
  const left = tf.memory().numTensors - before[0];
  expect(ledger.live("tfjs") - before[1]).toBe(left);
  return left;
}

const loss = (x: tf.Tensor): tf.Scalar => tf.sum(tf.sin(tf.mul(tf.square(x), 2)));

describe("tfjs tensors in scopes", () => {
  it("are released but for what is returned", async () => {
    const left = await leftBy(() => {
      const kept = scope(() => ({ sum: tf.add(tf.tensor1d([1, 2]), tf.scalar(3)) }));
      expect([...kept.sum.dataSync()]).toEqual([4, 5]);
      kept.sum.dispose();
    });
    expect(left).toBe(0);
  });

  it("stay apart where scopes interleave over awaits", async () => {
    const left = await leftBy(async () => {
      const sums = await Promise.all(
        Array.from({ length: 100 }, (_, job) =>
          scope(async () => {
            const start = tf.scalar(job);
            await turn();
            const next = tf.add(start, 1);
            await (job % 2 > 0 ? turn() : Promise.resolve());
            return tf.mul(next, 2).dataSync()[0];
          }),
        ),
      );
      expect(sums).toEqual(Array.from({ length: 100 }, (_, job) => (job + 1) * 2));
    });
    expect(left).toBe(0);
  });

  it("may be tidied by the library, inside a scope and around one", async () => {
    const left = await leftBy(() => {
      const inside = scope(() => tf.tidy(() => tf.square(tf.square(tf.scalar(2)))));
      const around = tf.tidy(() =>
        tf.add(
          scope(() => tf.square(tf.square(tf.scalar(3)))),
          0,
        ),
      );
      expect([inside.dataSync()[0], around.dataSync()[0]]).toEqual([16, 81]);
      tf.dispose([inside, around]);
    });
    expect(left).toBe(0);
  });

  it("outlive their scope when kept, and variables do", async () => {
    let kept: tf.Tensor | undefined;
    let weight: tf.Variable | undefined;
    const left = await leftBy(() =>
      scope(() =>
        scope(() => {
          kept = tf.keep(tf.scalar(1));
          weight = tf.variable(tf.scalar(5));
          weight.assign(tf.add(weight, 1));
        }),
      ),
    );
    expect(left).toBe(2);
    expect([kept?.dataSync()[0], weight?.dataSync()[0]]).toEqual([1, 6]);
    expect(await leftBy(() => tf.dispose([kept, weight].flatMap((tensor) => tensor ?? [])))).toBe(-2);
    const used = tf.variable(tf.scalar(1));
    scope((s) => void s.use(used));
    expect(used.isDisposed).toBe(true);
  });

  it("go with gradients, with scopes around and inside of what is derived", async () => {
    const left = await leftBy(() => {
      const plain = scope(() => [
        ...tf
          .grad(loss)(tf.tensor1d([1, 2]))
          .dataSync(),
      ]);
      const inner = scope(() => [
        ...tf
          .grad((x) => scope(() => loss(x)))(tf.tensor1d([1, 2]))
          .dataSync(),
      ]);
      expect(inner).toEqual(plain);
      expect(plain[0]).toBeCloseTo(4 * Math.cos(2), 5);
      const { value, grads } = scope(() => tf.valueAndGrads((x) => loss(x))([tf.tensor1d([1, 2])]));
      expect([...(grads[0]?.dataSync() ?? [])]).toEqual(plain);
      void tree.dispose([value, grads]);
    });
    expect(left).toBe(0);
  });

  it("go when a gradient throws, which the library alone leaves behind", async () => {
    const failing = (): tf.Tensor =>
      tf.grad((x) => {
        loss(x);
        throw new Error("on purpose");
      })(tf.tensor1d([1, 2]));
    expect(await leftBy(() => expect(() => tf.tidy(failing)).toThrow("on purpose"))).toBeGreaterThan(0);
    expect(await leftBy(() => expect(() => scope(failing)).toThrow("on purpose"))).toBe(0);
  });

  it("may train: an optimizer's own variables stay", () => {
    const weight = tf.variable(tf.scalar(4));
    const optimizer = tf.train.adam(0.5);
    for (let step = 0; step < 60; step++) scope(() => void optimizer.minimize(() => tf.square(weight)));
    expect(Math.abs(weight.dataSync()[0] ?? NaN)).toBeLessThan(1);
    optimizer.dispose();
    weight.dispose();
  });

  it("show both places when one is used after its scope", () => {
    const lost: tf.Tensor[] = [];
    scope(() => void lost.push(tf.scalar(1)));
    for (const use of [() => lost[0]?.dataSync(), () => tf.neg(lost[0] ?? 0), () => tf.concat(lost)])
      expect(use).toThrow(/Released:\n +at .*tfjs\.test\.ts[^]*Now:/);
  });

  it("are cloned on the same memory, and counted with their bytes", () => {
    scope(() => {
      const first = tf.zeros([100]);
      const before = ledger.report().rows[0]?.gauges;
      const copy = tree.clone({ first });
      first.dispose();
      expect(copy.first.dataSync()).toHaveLength(100);
      expect(ledger.report().rows[0]?.gauges.slots).toBe(before?.slots);
    });
  });
});

it("leaves the library as it was", () => {
  adoption[Symbol.dispose]();
  expect(Object.keys(Object.getOwnPropertyDescriptors(tf.engine()))).not.toContain("trackTensor");
  const { throwIfDisposed } = tf.Tensor.prototype;
  adoption = adopt(tfjsTensors(tf));
  expect(Object.getOwnPropertyNames(tf.engine())).toContain("trackTensor");
  adoption[Symbol.dispose]();
  expect(tf.Tensor.prototype.throwIfDisposed).toBe(throwIfDisposed);
  adoption = adopt(tfjsTensors(tf));
});
