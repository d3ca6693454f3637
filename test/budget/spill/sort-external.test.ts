/** The external sort against `Array.prototype.sort`, by key and by comparison, in memory and with more runs than are merged at once. */
import { readdirSync, readlinkSync } from "node:fs";
import fc from "fast-check";
import { expect, it } from "vitest";
import { bytesCodec, jsonCodec } from "../../../src/budget/spill/codec.ts";
import { orderKeys } from "../../../src/budget/spill/key-order.ts";
import { sortExternal, type SortExternalOptions } from "../../../src/budget/spill/sort-external.ts";
import { testFolder } from "./folders.ts";

interface Item {
  readonly key: number;
  readonly serial: number;
  readonly text: string;
}

const keys = fc.oneof(
  fc.integer({ min: 0, max: 9 }),
  fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  fc.integer(),
  fc.double({ noNaN: true }),
  fc.maxSafeInteger(),
);

it("puts any keys in order, and equal ones in the order in which they came", () => {
  const lists = fc.oneof(
    fc.array(fc.integer({ min: -5, max: 2 ** 32 })),
    fc.array(fc.integer({ max: 3 })),
    fc.array(keys),
  );
  fc.assert(
    fc.property(lists, (list) => {
      const order = orderKeys(Float64Array.from(list), list.length);
      const expected = list.map((_, i) => i).sort((a, b) => compareNumbers(list[a] ?? 0, list[b] ?? 0));
      expect(list.map((_, place) => order(place))).toEqual(expected);
    }),
    { numRuns: 300 },
  );
});

it.each(["key", "compare"] as const)("sorts as an array does, by %s", async (by) => {
  const directory = testFolder();
  const property = fc.asyncProperty(
    fc.infiniteStream(keys),
    fc.integer({ max: 4_000, min: 0 }),
    async (stream, count) => {
      const list = Array.from(stream.take(count), (key, serial) => ({ key, serial, text: "x".repeat(serial % 300) }));
      const order: Partial<SortExternalOptions<Item>> =
        by === "key" ? { key: (item) => item.key } : { compare: (a, b) => compareNumbers(a.key, b.key) };
      const sorted = await collect(sortExternal(asAsync(list), { ...order, memory: "64kb", directory }));
      expect(sorted).toEqual([...list].sort((a, b) => compareNumbers(a.key, b.key)));
    },
  );
  await fc.assert(property, { numRuns: 12 });
});

it("merges in several rounds where there are more runs than files may be open", async () => {
  const list = Array.from({ length: 60_000 }, (_, i) =>
    Uint8Array.from({ length: 100 }, (__, at) => (i * 7919) >> (8 * at)),
  );
  const key = (bytes: Uint8Array): number => (bytes[0] ?? 0) + 256 * (bytes[1] ?? 0);
  const options = { key, memory: "64kb", directory: testFolder(), codec: bytesCodec };
  const sorted = await collect(sortExternal(list, options));
  const expected = [...list].sort((a, b) => key(a) - key(b));
  expect(Buffer.compare(Buffer.concat(sorted), Buffer.concat(expected))).toBe(0);
});

it("takes values that are larger than its memory", async () => {
  const list = [3, 1, 2].map((key) => ({ key, text: "x".repeat(100_000) }));
  const sorted = await collect(sortExternal(list, { key: ({ key }) => key, memory: "64kb", directory: testFolder() }));
  expect(sorted.map(({ key }) => key)).toEqual([1, 2, 3]);
});

it.each(["reading", "merging"])("ends while %s when it is aborted, with nothing left on disk", async (state) => {
  const directory = testFolder();
  const controller = new AbortController();
  const reason = new Error("enough");
  const values = function* (): Generator<number> {
    for (let i = 0; i < 50_000; i += 1) {
      if (state === "reading" && i === 40_000) controller.abort(reason);
      yield (i * 7919) % 50_000;
    }
  };
  const options = {
    key: (n: number) => n,
    memory: "64kb",
    directory,
    signal: controller.signal,
    codec: jsonCodec<number>(),
  };
  let taken = 0;
  const run = async (): Promise<void> => {
    for await (const value of sortExternal(values(), options)) {
      expect(value).toBe(taken);
      taken += 1;
      if (state === "merging" && taken === 1_000) controller.abort(reason);
    }
  };
  const before = openFiles(directory);
  await expect(run()).rejects.toBe(reason);
  expect(taken).toBeLessThan(state === "reading" ? 1 : 2_000);
  expect(openFiles(directory)).toEqual(before);
});

it("ends while its source keeps it waiting when it is aborted, and closes the source", async () => {
  const directory = testFolder();
  const controller = new AbortController();
  let isClosed = false;
  const source: AsyncIterable<number> = {
    [Symbol.asyncIterator]: () => {
      let given = 0;
      return {
        next: () => (given < 5_000 ? Promise.resolve({ done: false, value: given++ }) : wait()),
        return: () => {
          isClosed = true;
          return Promise.resolve({ done: true, value: undefined });
        },
      };
    },
  };
  const wait = (): Promise<never> => {
    setImmediate(() => controller.abort(new Error("enough")));
    return new Promise(() => {});
  };
  const options = { key: (n: number) => n, memory: "64kb", directory, signal: controller.signal };
  const before = openFiles(directory);
  await expect(collect(sortExternal(source, options))).rejects.toThrow("enough");
  expect(isClosed).toBe(true);
  expect(openFiles(directory)).toEqual(before);
  await expect(collect(sortExternal(source, options))).rejects.toThrow("enough");
});

it("lets everything go when its reader stops, or its source fails", async () => {
  const directory = testFolder();
  const options = { key: (n: number) => n, memory: "64kb", directory, codec: jsonCodec<number>() };
  const list = Array.from({ length: 50_000 }, (_, i) => 50_000 - i);
  for await (const value of sortExternal(list, options)) {
    expect(openFiles(directory).length).toBeGreaterThan(1);
    expect(value).toBe(1);
    break;
  }
  expect(openFiles(directory)).toEqual([]);
  const failing = function* (): Generator<number> {
    yield* list;
    throw new Error("the source failed");
  };
  await expect(collect(sortExternal(failing(), options))).rejects.toThrow("the source failed");
  expect(openFiles(directory)).toEqual([]);
});

it("lets timers run while it works", async () => {
  let ticks = 0;
  const timer = setInterval(() => (ticks += 1), 1);
  const list = Array.from({ length: 200_000 }, (_, i) => (i * 7919) % 200_000);
  await collect(sortExternal(list, { key: (n) => n, codec: jsonCodec(), memory: "1mb", directory: testFolder() }));
  clearInterval(timer);
  expect(ticks).toBeGreaterThan(5);
});

it("refuses keys that have no order, and options that give two orders or none", async () => {
  const key = (): number => Number.NaN;
  const bad = expect.objectContaining({ code: "ERR_PLIMSOLL_BAD_OPTION" }) as Error;
  await expect(collect(sortExternal([1], { key }))).rejects.toThrow(bad);
  expect(() => sortExternal([1], {})).toThrow(bad);
  expect(() => sortExternal([1], { key, compare: key })).toThrow(bad);
});

function compareNumbers(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const value of values) list.push(value);
  return list;
}

async function* asAsync<T>(list: readonly T[]): AsyncGenerator<T> {
  yield* list;
}

/** What this process has open beneath a folder, names or not; and the names. */
function openFiles(directory: string): string[] {
  const named = readdirSync(directory).flatMap((name) => readdirSync(`${directory}/${name}`));
  const links = readdirSync("/proc/self/fd").map((fd) => linkOf(fd));
  return [...named, ...links.filter((path) => path.startsWith(directory))];
}

function linkOf(descriptor: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return ""; // the one that was open for the list
  }
}
