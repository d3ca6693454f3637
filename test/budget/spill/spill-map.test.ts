/** Both spilling maps against a plain Map, by one contract; the mutable one on the SQLite of newer Node.js, see sqlite-map.services.test.ts. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { bytesCodec, jsonCodec } from "../../../src/budget/spill/codec.ts";
import { SortedMap } from "../../../src/budget/spill/sorted-map.ts";
import { SqliteMap } from "../../../src/budget/spill/sqlite-map.ts";
import { availableNodes } from "../../support/nodes.ts";
import { testFolder } from "./folders.ts";
import { checkWriteThenRead, type Value } from "./map-contract.ts";

const PROGRAM = join(import.meta.dirname, "map-program.ts");
const code = (name: string): Error => expect.objectContaining({ code: `ERR_PLIMSOLL_${name}` }) as Error;

it("the write-once map is a Map to whoever fills it and reads it then", async () => {
  const directory = testFolder();
  await checkWriteThenRead(async () => new SortedMap<string | number, Value>({ memory: "64kb", directory }));
});

it.each(availableNodes().filter(({ version }) => Number.parseInt(version, 10) >= 22))(
  "the mutable map is a Map, and outlives kills, on the SQLite of Node.js $version",
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

it("names an SQLite that is not there", async () => {
  const options = { directory: testFolder(), engine: "node:sqlite" } as const;
  if (process.getBuiltinModule("node:sqlite")) (await SqliteMap.open(options)).close();
  else await expect(SqliteMap.open(options)).rejects.toThrow(code("MISSING_PEER"));
});
