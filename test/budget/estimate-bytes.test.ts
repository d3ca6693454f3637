/** Estimated sizes against those that V8 counts for many copies of a value. */
import { expect, it } from "vitest";
import { estimateBytes } from "../../src/budget/estimate-bytes.ts";
import { forceGC } from "../../src/monitor/force-gc.ts";

/** Values of known make, each from a number that makes it differ. */
const MAKERS: Readonly<Record<string, (serial: number) => unknown>> = {
  "a short text": (n) => flat(`a text with the number ${n}`),
  "a long text": (n) => Buffer.alloc(500, 65 + (n % 26)).toString("latin1"),
  "a text beyond Latin-1": (n) => JSON.parse(`"${"\u0416".repeat(200)}${n}"`) as string,
  "a plain object": (n) => ({ id: n, name: flat(`name ${n}`), isSet: true, next: null }),
  "an object of objects": (n) => ({ id: n, at: { x: n, y: n + 1 }, tags: [{ tag: n }, { tag: n + 1 }] }),
  "an object with doubles": (n) => ({ x: n + 0.5, y: n + 0.25 }),
  "an array of small integers": (n) => Array.from({ length: 100 }, (_, i) => i + n),
  "an array of doubles": (n) => Array.from({ length: 100 }, (_, i) => i + n + 0.5),
  "an array of texts": (n) => Array.from({ length: 100 }, (_, i) => flat(`the text number ${i} of ${n}`)),
  "a map": (n) => new Map(Array.from({ length: 90 }, (_, i) => [i, i + n])),
  "a set": (n) => new Set(Array.from({ length: 90 }, (_, i) => i + n)),
  "a buffer": (n) => new Uint8Array(2_000).fill(n),
};

/** Without the parts that it was put together from. */
function flat(text: string): string {
  return Buffer.from(text).toString("latin1");
}

/** What is measured: heap and buffers together. */
function usedBytes(): number {
  forceGC();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

it.each(Object.keys(MAKERS))("are right within a half for %s", (name) => {
  const make = MAKERS[name] ?? ((): unknown => undefined);
  const copies = Math.ceil(8_000_000 / estimateBytes(make(0)));
  const kept = new Array<unknown>(copies).fill(undefined);
  for (let i = 0; i < 200; i += 1) make(i);
  const before = usedBytes();
  for (let i = 0; i < copies; i += 1) kept[i] = make(i);
  const bytes = (usedBytes() - before) / copies;
  const estimates = kept.map((value) => estimateBytes(value));
  const estimate = estimates.reduce((sum, each) => sum + each, 0) / copies;
  expect(estimate / bytes, `${estimate} of ${bytes}`).toBeGreaterThan(2 / 3);
  expect(estimate / bytes, `${estimate} of ${bytes}`).toBeLessThan(3 / 2);
});

it("look at a bounded part of what is large, and end on cycles", () => {
  let looks = 0;
  const item = new Proxy(
    { text: "x".repeat(40) },
    {
      getOwnPropertyDescriptor(target, name) {
        looks += 1;
        return Reflect.getOwnPropertyDescriptor(target, name);
      },
    },
  );
  const many = Array.from({ length: 100_000 }, () => ({ item, text: "x".repeat(40) }));
  const perItem = estimateBytes({ text: "x".repeat(40), item: undefined });
  expect(estimateBytes(many) / 100_000).toBeGreaterThan(perItem);
  expect(looks).toBeLessThan(100);
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  expect(estimateBytes(cycle)).toBeLessThan(100);
});
