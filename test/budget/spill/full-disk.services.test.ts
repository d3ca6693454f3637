/**
 * A disk that is really full, a small tmpfs: every store says so, keeps what it could not write, and goes on once there is room.
 * Needs root, to mount it.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { bytesCodec } from "../../../src/budget/spill/codec.ts";
import { sortExternal } from "../../../src/budget/spill/sort-external.ts";
import { SortedMap } from "../../../src/budget/spill/sorted-map.ts";
import { SpillQueue } from "../../../src/budget/spill/spill-queue.ts";
import { SqliteMap } from "../../../src/budget/spill/sqlite-map.ts";

const DISK_BYTES = 2 * 2 ** 20;
const full = expect.objectContaining({ code: "ERR_PLIMSOLL_SPILL_FAILED" }) as Error;
let disk: string;

beforeEach(() => {
  disk = mkdtempSync(join(tmpdir(), "plimsoll-full-disk-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${DISK_BYTES}`, "tmpfs", disk]);
});

afterEach(() => {
  execFileSync("umount", [disk]);
  rmSync(disk, { recursive: true });
});

/** Takes nearly all that is free; gives a function that frees it. */
function fillDisk(): () => void {
  const { bavail, bsize } = statfsSync(disk);
  const path = join(disk, "ballast");
  writeFileSync(path, Buffer.alloc((bavail - 4) * bsize));
  return () => rmSync(path);
}

function recordOf(serial: number): Buffer {
  const record = Buffer.alloc(1_000, serial);
  record.writeUInt32LE(serial);
  return record;
}

function serialOf(record: Uint8Array | undefined): number {
  return record ? Buffer.from(record).readUInt32LE(0) : -1;
}

it("a queue refuses what fits nowhere, loses nothing, and goes on as it is read", () => {
  using queue = new SpillQueue<Uint8Array>({
    memory: 100_000,
    directory: disk,
    segmentBytes: 200_000,
    codec: bytesCodec,
  });
  let pushed = 0;
  const pushUntilFull = (): void => {
    for (; pushed < 10_000; pushed += 1) queue.push(recordOf(pushed));
  };
  expect(pushUntilFull).toThrow(full);
  expect(queue.length).toBe(pushed);
  expect(pushed).toBeGreaterThan(1_800);
  for (let taken = 0; taken < 1_000; taken += 1) expect(serialOf(queue.shift())).toBe(taken);
  expect(pushUntilFull).toThrow(full);
  expect(pushed).toBeGreaterThan(2_500);
  expect(Array.from(queue.drain(), serialOf)).toEqual(Array.from({ length: pushed - 1_000 }, (_, i) => i + 1_000));
});

it("a durable queue says that it could not flush, and can when there is room", async () => {
  const folder = join(disk, "queue");
  const queue = new SpillQueue<Uint8Array>({ folder, memory: 400_000, codec: bytesCodec });
  queue.push(recordOf(0));
  await queue.flush();
  const makeRoom = fillDisk();
  for (let serial = 1; serial < 200; serial += 1) queue.push(recordOf(serial));
  await expect(queue.flush()).rejects.toThrow(full);
  expect(() => queue.close()).toThrow(full);
  expect(queue.length).toBe(200);
  makeRoom();
  await queue.flush();
  queue.close();
  using again = new SpillQueue<Uint8Array>({ folder, memory: 400_000, codec: bytesCodec });
  expect(again.recovery).toEqual({ records: 200, cutBytes: 0, damaged: [] });
  expect(Array.from(again.drain(), serialOf)).toEqual(Array.from({ length: 200 }, (_, i) => i));
});

it("a sort ends with an error, and gives the disk back", async () => {
  const free = statfsSync(disk).bavail;
  const source = function* (): Generator<Uint8Array> {
    for (let serial = 0; serial < 5_000; serial += 1) yield recordOf(serial);
  };
  const sort = async (): Promise<void> => {
    const options = { key: serialOf, memory: 200_000, directory: disk, codec: bytesCodec };
    for await (const record of sortExternal(source(), options)) expect(record).toBeUndefined();
  };
  await expect(sort()).rejects.toThrow(full);
  expect(readdirSync(disk).flatMap((name) => readdirSync(join(disk, name)))).toEqual([]);
  expect(free - statfsSync(disk).bavail).toBeLessThan(4);
});

it("a write-once map refuses an entry, keeps the others, and goes on when there is room", () => {
  using map = new SortedMap<number, Uint8Array>({ memory: 200_000, directory: disk, codec: bytesCodec });
  let set = 0;
  const fill = (most: number): void => {
    for (; set < most; set += 1) map.set(set, recordOf(set));
  };
  fill(300);
  const makeRoom = fillDisk();
  expect(() => fill(1_000)).toThrow(full);
  expect(() => map.size).toThrow(full);
  makeRoom();
  fill(600);
  expect(map.size).toBe(600);
  for (let key = 0; key < 600; key += 1) expect(serialOf(map.get(key))).toBe(key);
});

it.each([true, false])(
  "a mutable map keeps its changes until there is room (in a folder of its own: %s)",
  async (isDurable) => {
    const where = isDurable ? { folder: join(disk, "map") } : { directory: disk };
    using map = await SqliteMap.open<number, Uint8Array>({ memory: 600_000, codec: bytesCodec, ...where });
    for (let key = 0; key < 100; key += 1) map.set(key, recordOf(key));
    await map.flush();
    const makeRoom = fillDisk();
    for (let key = 50; key < 200; key += 1) map.set(key, recordOf(key + 1));
    await expect(map.flush()).rejects.toThrow(full);
    for (let key = 0; key < 200; key += 1) expect(serialOf(map.get(key))).toBe(key < 50 ? key : key + 1);
    makeRoom();
    await map.flush();
    expect(map.size).toBe(200);
    for (let key = 0; key < 200; key += 1) expect(serialOf(map.get(key))).toBe(key < 50 ? key : key + 1);
  },
);

it("a full disk at the start is said at once", async () => {
  fillDisk();
  writeFileSync(join(disk, "rest"), Buffer.alloc(4 * statfsSync(disk).bsize - 1));
  await expect(SqliteMap.open({ memory: "1mb", directory: disk })).rejects.toThrow(full);
  expect(() => new SpillQueue({ memory: "1mb", folder: join(disk, "queue") })).toThrow(full);
});
