/** The mutable map on better-sqlite3, which a bare machine cannot install: the contract of the maps, kills, and a budget that it shares. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { MemoryBudget } from "../../../src/budget/memory-budget.ts";
import { bytesCodec } from "../../../src/budget/spill/codec.ts";
import { SpillQueue } from "../../../src/budget/spill/spill-queue.ts";
import { SqliteMap } from "../../../src/budget/spill/sqlite-map.ts";
import { testFolder } from "./folders.ts";
import { killMapWriter } from "./kills.ts";
import { checkChanges, checkWriteThenRead, type Value } from "./map-contract.ts";

const engine = "better-sqlite3" as const;

it("the mutable map is a Map to whoever fills it and reads it then", async () => {
  const directory = testFolder();
  await checkWriteThenRead(() => SqliteMap.open<string | number, Value>({ memory: 140_000, directory, engine }));
});

it.each([true, false])("the mutable map is a Map (in a folder of its own: %s)", async (reopens) => {
  const directory = testFolder();
  await checkChanges(
    (round) =>
      SqliteMap.open({
        memory: 140_000,
        engine,
        ...(reopens ? { folder: join(directory, String(round)) } : { directory }),
      }),
    reopens,
  );
});

it("the mutable map keeps no name in the folder for temporary files, and reads while it iterates", async () => {
  const directory = testFolder();
  using map = await SqliteMap.open<number, number>({ directory, engine, memory: "1mb" });
  for (let key = 0; key < 1_000; key += 1) map.set(key, key);
  let seen = 0;
  for (const [key] of map.entries()) {
    map.set(key, -1);
    seen += 1;
  }
  expect(seen).toBe(1_000);
  expect(map.get(999)).toBe(-1);
  expect(readdirSync(directory).flatMap((name) => readdirSync(join(directory, name)))).toEqual([]);
});

it("keeps what was flushed through kills, whole transactions alone", async () => {
  const folder = join(testFolder(), "map");
  let round = 0;
  for (let kill = 0; kill < 5; kill += 1) {
    const outcome = await killMapWriter(folder, round, kill * 11);
    expect(outcome.faults).toEqual([]);
    round = outcome.round + 1;
  }
});

it("shares a budget with a queue, which gives way and loses nothing", async () => {
  const directory = testFolder();
  using budget = new MemoryBudget({ limit: 400_000 });
  using queue = new SpillQueue<Uint8Array>({ memory: budget, directory, codec: bytesCodec });
  for (let serial = 0; serial < 300; serial += 1) queue.push(new Uint8Array(1_000).fill(serial));
  const map = await SqliteMap.open<number, Uint8Array>({ memory: budget, directory, codec: bytesCodec, engine });
  for (let key = 0; key < 500; key += 1) map.set(key, new Uint8Array(1_000).fill(key));
  expect(budget.usedBytes).toBeLessThanOrEqual(400_000);
  expect(queue.diskBytes).toBeGreaterThan(0);
  expect(Array.from(queue.drain(), (bytes) => bytes[0])).toEqual(Array.from({ length: 300 }, (_, i) => i & 255));
  for (let key = 0; key < 500; key += 1) expect(map.get(key)?.[999]).toBe(key & 255);
  map.close();
  expect(budget.usedBytes).toBe(queue.memoryBytes);
});
