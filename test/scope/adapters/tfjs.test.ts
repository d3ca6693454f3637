/** tfjs for real, on its processor backend: its own tidy, keep, variables and gradients inside and around scopes. */
import { setImmediate as turn } from "node:timers/promises";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { adopt, ledger, scope, tfjsTensors, tree } from "../../../src/scope/index.ts";

let adoption: Disposable;
beforeAll(async () => {
  await tf.setBackend("cpu");
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

const loss = (x: tf.Tensor): tf.Scalar => x.square().mul(2).sin().sum();

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
            const next = start.add(1);
            await (job % 2 > 0 ? turn() : Promise.resolve());
            return next.mul(2).dataSync()[0];
          }),
        ),
      );
      expect(sums).toEqual(Array.from({ length: 100 }, (_, job) => (job + 1) * 2));
    });
    expect(left).toBe(0);
  });

  it("may be tidied by the library, inside a scope and around one", async () => {
    const left = await leftBy(() => {
      const inside = scope(() => tf.tidy(() => tf.scalar(2).square().square()));
      const around = tf.tidy(() => scope(() => tf.scalar(3).square().square()).add(0));
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
          weight.assign(weight.add(1));
        }),
      ),
    );
    expect(left).toBe(2);
    expect([kept?.dataSync()[0], weight?.dataSync()[0]]).toEqual([1, 6]);
    expect(await leftBy(() => tf.dispose([kept, weight].flatMap((tensor) => tensor ?? [])))).toBe(-2);
    const used = tf.variable(tf.scalar(1));
    scope((s) => s.use(used));
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
      tree.dispose([value, grads]);
    });
    expect(left).toBe(0);
  });

  it("go when a gradient throws, which the library alone leaves behind", async () => {
    const failing = (): unknown =>
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
    for (let step = 0; step < 60; step++) scope(() => void optimizer.minimize(() => weight.square()));
    expect(Math.abs(weight.dataSync()[0] ?? NaN)).toBeLessThan(1);
    optimizer.dispose();
    weight.dispose();
  });

  it("show both places when one is used after its scope", () => {
    const lost: tf.Tensor[] = [];
    scope(() => void lost.push(tf.scalar(1)));
    for (const use of [() => lost[0]?.dataSync(), () => lost[0]?.add(1), () => tf.concat(lost)])
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
