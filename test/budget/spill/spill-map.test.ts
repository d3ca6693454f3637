/** Both spilling maps against a plain Map, by one contract; and what each does alone. */
import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { bytesCodec, jsonCodec } from "../../../src/budget/spill/codec.ts";
import { SortedMap } from "../../../src/budget/spill/sorted-map.ts";
import { SqliteMap } from "../../../src/budget/spill/sqlite-map.ts";
import { availableNodes } from "../../support/nodes.ts";
import { testFolder } from "./folders.ts";
import { checkChanges, checkWriteThenRead, type Value } from "./map-contract.ts";

const PROGRAM = join(import.meta.dirname, "map-program.ts");
const engine = "better-sqlite3" as const;
const code = (name: string): Error => expect.objectContaining({ code: `ERR_PLIMSOLL_${name}` }) as Error;

it("the write-once map is a Map to whoever fills it and reads it then", async () => {
  const directory = testFolder();
  await checkWriteThenRead(async () => new SortedMap<string | number, Value>({ memory: "64kb", directory }));
});

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

it.each(availableNodes().filter(({ version }) => Number.parseInt(version, 10) >= 22))(
  "the same on the SQLite of Node.js $version",
  async ({ path }) => {
    const { stdout } = await promisify(execFile)(path, ["--import", "tsx", PROGRAM], {
      timeout: 60_000,
      killSignal: "SIGKILL",
    });
    expect(stdout).toBe("the contract holds\n");
  },
);

it("many entries of the write-once map need little memory", () => {
  using map = new SortedMap<number, Uint8Array>({ memory: "1mb", directory: testFolder(), codec: bytesCodec });
  const value = Buffer.alloc(100);
  for (let key = 0; key < 50_000; key += 1) {
    value.writeUInt32LE(key);
    map.set(Math.imul(key, 2_654_435_761) >>> 0, value);
  }
  expect(map.size).toBe(50_000);
  for (let key = 0; key < 50_000; key += 7) {
    expect(map.get(Math.imul(key, 2_654_435_761) >>> 0)?.[1]).toBe((key >> 8) & 255);
  }
  expect(map.indexBytes).toBeLessThan(150_000);
});

it("the write-once map refuses what comes after a read, and everything once it is closed", () => {
  const map = new SortedMap<string, number>({ directory: testFolder(), codec: jsonCodec() });
  map.set("a", 1);
  expect(map.get("a")).toBe(1);
  expect(() => map.set("b", 2)).toThrow(code("SPILL_CLOSED"));
  map.close();
  expect(() => map.get("a")).toThrow(code("SPILL_CLOSED"));
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

it("names an SQLite that is not there", async () => {
  const options = { directory: testFolder(), engine: "node:sqlite" } as const;
  if (process.getBuiltinModule("node:sqlite")) (await SqliteMap.open(options)).close();
  else await expect(SqliteMap.open(options)).rejects.toThrow(code("MISSING_PEER"));
});
