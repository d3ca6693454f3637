/** Stores on one budget: none holds more than there is, and who must give way goes to disk and loses nothing. */
import { expect, it } from "vitest";
import { BoundedMap } from "../../../src/budget/bounded-map.ts";
import { MemoryBudget } from "../../../src/budget/memory-budget.ts";
import { bytesCodec } from "../../../src/budget/spill/codec.ts";
import { SortedMap } from "../../../src/budget/spill/sorted-map.ts";
import { SpillQueue } from "../../../src/budget/spill/spill-queue.ts";
import { testFolder } from "./folders.ts";

const LIMIT_BYTES = 400_000;

it("a queue gives way to a cache and to a map, and the budget is kept", () => {
  const directory = testFolder();
  using budget = new MemoryBudget({ limit: LIMIT_BYTES });
  using queue = new SpillQueue<Uint8Array>({ memory: budget, directory, codec: bytesCodec });
  for (let serial = 0; serial < 300; serial += 1) queue.push(new Uint8Array(1_000).fill(serial));
  expect(queue.diskBytes).toBe(0);
  using cache = new BoundedMap<number, string>({ memory: budget, sizeOf: () => 10_000 });
  for (let key = 0; key < 20; key += 1) {
    expect(cache.set(key, "value")).toBe(true);
    expect(budget.usedBytes).toBeLessThanOrEqual(LIMIT_BYTES);
  }
  expect(queue.diskBytes).toBeGreaterThan(200_000);
  expect(cache.size).toBe(20);
  using map = new SortedMap<number, Uint8Array>({ memory: budget, directory, codec: bytesCodec });
  for (let key = 0; key < 500; key += 1) map.set(key, new Uint8Array(1_000).fill(key));
  expect(budget.usedBytes).toBeLessThanOrEqual(LIMIT_BYTES);
  expect(Array.from(queue.drain(), (bytes) => bytes[0])).toEqual(Array.from({ length: 300 }, (_, i) => i & 255));
  for (let key = 0; key < 500; key += 1) expect(map.get(key)?.[999]).toBe(key & 255);
});

it("stores give back all they held when they are closed", () => {
  const directory = testFolder();
  using budget = new MemoryBudget({ limit: LIMIT_BYTES });
  const queue = new SpillQueue<Uint8Array>({ memory: budget, directory, codec: bytesCodec });
  queue.push(new Uint8Array(1_000));
  const map = new SortedMap<number, Uint8Array>({ memory: budget, directory, codec: bytesCodec });
  map.set(1, new Uint8Array(1_000));
  const cache = new BoundedMap<number, string>({ memory: budget });
  cache.set(1, "value");
  expect(budget.usedBytes).toBeGreaterThan(2_000);
  for (const store of [queue, map, cache]) store[Symbol.dispose]();
  expect(budget.usedBytes).toBe(0);
});
