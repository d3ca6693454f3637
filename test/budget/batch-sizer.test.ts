/** Batches on a virtual machine: they grow while that helps, shrink when items grow, and stay inside the heap. */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { describe, expect, it } from "vitest";
import { Machine } from "../../bench/simulator/machine.ts";
import { BatchSizer, type BatchSizerOptions } from "../../src/budget/batch-sizer.ts";

const MB = 2 ** 20;

interface Shape {
  /** What the item of this index holds. */
  readonly itemBytes: (index: number) => number;
  /** Of a call, beside 0.1 ms an item. */
  readonly callMs: number;
}

/** Runs all items through a sizer on a machine with 256 MB. */
async function runBatches(count: number, shape: Shape, options: Partial<BatchSizerOptions> = {}) {
  const machine = new Machine({ oldSpaceBytes: 256 * MB, markMsPerMb: 0.05 });
  using sizer = new BatchSizer({ clock: machine.clock, gauge: machine.gauge, total: count, ...options });
  const sizes: number[] = [];
  let isDone = false;
  const call = async (batch: number[]): Promise<number> => {
    sizes.push(batch.length);
    const heapBytes = batch.reduce((sum, index) => sum + shape.itemBytes(index), 0);
    const waitMs = shape.callMs + batch.length * 0.1;
    await machine.run({
      kind: "",
      heapBytes,
      externalBytes: 0,
      garbageBytes: 0.5 * heapBytes,
      waitMs,
      cpuMs: 1,
      steps: 4,
    });
    return batch.length;
  };
  let ended = 0;
  const all = (async () => {
    for await (const done of sizer.map(
      Array.from({ length: count }, (_, index) => index),
      call,
    ))
      ended += done;
    isDone = true;
  })();
  await machine.drive(() => isDone);
  if (machine.death === undefined) await all;
  return { sizes, ended, death: machine.death, status: sizer.status(), peakLiveBytes: machine.peakLiveBytes };
}

describe("BatchSizer", () => {
  it("grows while items a second rise, up to what the API takes", async () => {
    const { sizes, ended, death, status } = await runBatches(
      20_000,
      { itemBytes: () => 1000, callMs: 100 },
      { max: 2000 },
    );
    expect({ ended, death }).toEqual({ ended: 20_000, death: undefined });
    expect(sizes[0]).toBe(16);
    expect(Math.max(...sizes)).toBe(2000);
    expect(status).toMatchObject({ done: 20_000, total: 20_000, remainingMs: 0 });
  });

  it("does not grow when that does not help", async () => {
    const { sizes } = await runBatches(5000, { itemBytes: () => 1000, callMs: 0 }, { first: 64 });
    expect(Math.max(...sizes)).toBeLessThanOrEqual(512);
  });

  it("stays inside the heap, and shrinks when items grow", async () => {
    const { sizes, ended, death, status } = await runBatches(3000, {
      itemBytes: (index) => (index < 2000 ? 0.3 : 0.9) * MB,
      callMs: 200,
    });
    expect({ ended, death }).toEqual({ ended: 3000, death: undefined });
    expect(Math.max(...sizes)).toBeGreaterThan(100);
    expect(sizes.at(-2)).toBeLessThan(Math.max(...sizes));
    expect(status.itemBytes).toBeGreaterThan(0.3 * MB);
  });

  it("tells when a batch is no longer useful, and goes on with one item", async () => {
    const heard: unknown[] = [];
    const listen = (message: unknown): void => void heard.push(message);
    subscribe("plimsoll:batch:small", listen);
    const { ended, death } = await runBatches(
      20,
      { itemBytes: () => 120 * MB, callMs: 10 },
      { first: 1, useful: 4, itemBytes: "120mb" },
    );
    unsubscribe("plimsoll:batch:small", listen);
    expect({ ended, death }).toEqual({ ended: 20, death: undefined });
    expect(heard).toContainEqual(
      expect.objectContaining({ size: 1, sentence: expect.stringMatching(/only 1 items of/) }),
    );
  });

  it("ends between batches when aborted, and refuses bad options", async () => {
    const machine = new Machine({ oldSpaceBytes: 256 * MB, markMsPerMb: 0.05 });
    using sizer = new BatchSizer({ gauge: machine.gauge, first: 2 });
    const abort = new AbortController();
    let calls = 0;
    const read = async (): Promise<void> => {
      for await (const _ of sizer.map([1, 2, 3, 4, 5], () => ++calls, abort.signal)) abort.abort(new Error("enough"));
    };
    await expect(read()).rejects.toThrow("enough");
    expect(calls).toBe(1);
    const never: AsyncIterable<number> = { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) };
    const stuck = sizer.map(never, () => ++calls, AbortSignal.timeout(5));
    await expect(stuck.next()).rejects.toThrow(/timeout/);
    expect(calls).toBe(1);
    expect(() => new BatchSizer({ first: 0 })).toThrow(/first is 0/);
  });
});
