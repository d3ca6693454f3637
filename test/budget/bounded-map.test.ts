/** The cache against a model of least recent use in bytes; time, weak values, and a budget that others need. */
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { expect, it } from "vitest";
import type { ByteBudget, ByteConsumer } from "../../src/base/byte-budget.ts";
import { BoundedMap, type EvictReason } from "../../src/budget/bounded-map.ts";
import { forceGC } from "../../src/monitor/force-gc.ts";

const clockAt = (at: { ms: number }): { now: () => number; every: () => Disposable } => ({
  now: () => at.ms,
  every: () => ({ [Symbol.dispose]: () => undefined }),
});

const steps = fc.array(
  fc.record({
    what: fc.constantFrom("set", "set", "get", "has", "delete", "wait"),
    key: fc.integer({ min: 0, max: 12 }),
    bytes: fc.integer({ min: 1, max: 120 }),
  }),
  { maxLength: 200 },
);

it("keeps the most recently used within its bytes, and none beyond its time", () => {
  const property = fc.property(steps, (list) => {
    const at = { ms: 0 };
    const evicted: number[] = [];
    const map = new BoundedMap<number, { bytes: number }>({
      memory: 100,
      sizeOf: ({ bytes }) => bytes,
      ttlMs: 50,
      clock: clockAt(at),
      onEvict: (key) => evicted.push(key),
    });
    /** The least recently used first. */
    let model: { key: number; bytes: number; until: number }[] = [];
    const expected: number[] = [];
    const sum = (): number => model.reduce((total, entry) => total + entry.bytes, 0);
    for (const { what, key, bytes } of list) {
      const found = model.find((entry) => entry.key === key);
      const live = found && found.until > at.ms ? found : undefined;
      if (what === "wait") at.ms += bytes / 4;
      else if (what === "has") expect(map.has(key)).toBe(live !== undefined);
      else if (what === "get") {
        expect(map.get(key)?.bytes).toBe(live?.bytes);
        if (found) model = model.filter((entry) => entry !== found);
        if (live) model.push(live);
        else if (found) expected.push(key);
      } else if (what === "delete") {
        expect(map.delete(key)).toBe(live !== undefined);
        model = model.filter((entry) => entry !== found);
      } else {
        model = model.filter((entry) => entry !== found);
        expect(map.set(key, { bytes })).toBe(bytes <= 100);
        if (bytes <= 100) {
          while (sum() + bytes > 100) expected.push(model.shift()?.key ?? -1);
          model.push({ key, bytes, until: at.ms + 50 });
        }
      }
      expect(map.bytes).toBe(sum());
      expect(map.size).toBe(model.length);
      expect(evicted).toEqual(expected);
    }
    const live = model.filter((entry) => entry.until > at.ms).map((entry) => entry.key);
    expect([...map.entries()].map(([key]) => key)).toEqual(live.reverse());
  });
  fc.assert(property, { numRuns: 200 });
});

/** A budget in which the test plays the others. */
class TestBudget implements ByteBudget {
  consumer: ByteConsumer | undefined;
  held = 0;
  limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }

  headroom(): number {
    return this.limit - this.held;
  }

  register(consumer: ByteConsumer): ReturnType<ByteBudget["register"]> {
    this.consumer = consumer;
    const resize = (bytes: number): boolean => {
      // A budget may ask the one who asks.
      if (bytes > this.limit) consumer.shrink(bytes - this.limit);
      if (bytes > this.limit && bytes > this.held) return false;
      this.held = bytes;
      return true;
    };
    return {
      get bytes() {
        return 0;
      },
      tryResize: resize,
      release: () => resize(0),
      [Symbol.dispose]: () => resize(0),
    };
  }
}

it("gives way when others need the bytes, and takes them back when they are free", () => {
  const budget = new TestBudget(1_000);
  const reasons: EvictReason[] = [];
  const map = new BoundedMap<number, string>({
    memory: budget,
    sizeOf: () => 100,
    onEvict: (_k, _v, reason) => reasons.push(reason),
  });
  for (let key = 0; key < 20; key += 1) map.set(key, "value");
  expect([map.size, budget.held]).toEqual([10, 1_000]);
  expect(budget.consumer?.shrink(250)).toBe(300);
  budget.limit = 700;
  expect([map.size, budget.held, map.has(12), map.has(13)]).toEqual([7, 700, false, true]);
  map.set(99, "value");
  expect([map.size, budget.held]).toEqual([7, 700]);
  budget.limit = 150;
  expect([map.set(100, "value"), map.size, budget.held]).toEqual([true, 1, 100]);
  budget.limit = 50;
  expect([map.set(101, "value"), map.has(100)]).toEqual([false, true]);
  map[Symbol.dispose]();
  expect(budget.held).toBe(0);
  expect(reasons.every((reason) => reason === "full")).toBe(true);
});

it("lets nobody go for a value that would not fit anyway", () => {
  const map = new BoundedMap<string, string>({ memory: 1_000, sizeOf: (value) => value.length });
  map.set("a", "x".repeat(600));
  map.set("b", "old");
  expect(map.set("b", "x".repeat(1_001))).toBe(false);
  expect([map.has("a"), map.has("b"), map.bytes]).toEqual([true, false, 600]);
});

it("finds a value that had to go while somebody holds it, and forgets it with its last holder", async () => {
  const map = new BoundedMap<string, { name: string }>({ memory: 1, sizeOf: () => 1, weak: true });
  let held: { name: string } | undefined = { name: "held" };
  map.set("held", held);
  map.set("other", { name: "other" });
  expect([map.size, map.has("held")]).toEqual([1, true]);
  expect(map.get("held")).toBe(held);
  expect(map.size).toBe(1);
  map.set("third", { name: "third" });
  held = undefined;
  for (let round = 0; round < 100 && (map.has("held") || map.has("other")); round += 1) {
    await sleep(1); // a WeakRef's target lives until the turn ends
    forceGC();
  }
  expect([map.has("held"), map.has("other"), map.has("third")]).toEqual([false, false, true]);
});

it("does not find a value whose time was over when it had to go, or is by now", () => {
  const at = { ms: 0 };
  const value = { name: "value" };
  const map = new BoundedMap<string, object>({ memory: 1, sizeOf: () => 1, weak: true, ttlMs: 10, clock: clockAt(at) });
  map.set("a", value);
  at.ms = 5;
  map.set("b", {});
  expect(map.has("a")).toBe(true);
  at.ms = 11;
  expect([map.has("a"), map.get("a")]).toEqual([false, undefined]);
});
