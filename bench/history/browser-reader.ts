/**
 * Runs in a worker of a browser: reads pages of 4 kB as a history does, first from the storage, checksum and a decoded
 * cell included, then from the cache. The clock of a worker is coarse, so many reads are timed at once.
 */
import { byteLimit } from "../../src/history/byte-limit.ts";
import { ByteWriter } from "../../src/history/byte-writer.ts";
import { writeCell } from "../../src/history/cell-codec.ts";
import { crc32 } from "../../src/history/checksum.ts";
import { indexedDbHistory } from "../../src/history/drivers/indexed-db.ts";
import { opfsHistory } from "../../src/history/drivers/opfs.ts";
import { LogReader } from "../../src/history/log-reader.ts";
import { PageCache } from "../../src/history/page-cache.ts";
import { FANOUT } from "../../src/history/page-table.ts";
import { positionOf, segmentName } from "../../src/history/record.ts";

const PAGES = 5000;
const PAGE_BYTES = 4096;
const LOOPS = 20;

/** What one read takes, in microseconds. */
export interface ReadCost {
  readonly coldUs: number;
  readonly hitUs: number;
  /** Pages whose cell was not what was written. */
  readonly wrong: number;
}

function textOf(page: number): string {
  return `${page} `.padEnd(58, "x");
}

function makePage(page: number): Uint8Array {
  const out = new ByteWriter();
  out.u32(0);
  for (let byte = 0; byte < FANOUT / 8; byte++) out.u8(255);
  const cell = new ByteWriter();
  writeCell(cell, textOf(page));
  for (let i = 0; i < FANOUT; i++) out.varint(cell.length);
  for (let i = 0; i < FANOUT; i++) out.bytes(cell.view());
  const bytes = new Uint8Array(PAGE_BYTES);
  bytes.set(out.view().subarray(0, PAGE_BYTES));
  new DataView(bytes.buffer).setUint32(0, crc32(bytes, 4), true);
  return bytes;
}

async function measure(kind: string): Promise<ReadCost> {
  const driver = kind === "opfs" ? opfsHistory("bench") : indexedDbHistory("bench");
  const storage = await driver.open("write");
  const name = segmentName(1, 1);
  await storage.remove(name);
  for (let page = 0; page < PAGES; page++) {
    const taken = storage.append(name, makePage(page));
    if (page % 100 === 0) await taken;
  }
  await storage.sync();
  const reader = new LogReader(storage, driver.name, 1, new PageCache(byteLimit(2 ** 28)));
  // Every page once, in no order: 7919 is prime to their number.
  const order = Array.from({ length: PAGES }, (_, i) => (i * 7919) % PAGES);
  let wrong = 0;
  const read = async (): Promise<void> => {
    for (const page of order) {
      const found = reader.page({ position: positionOf(1, page * PAGE_BYTES), length: PAGE_BYTES });
      const opened = found instanceof Promise ? await found : found;
      if (opened.cell(5) !== textOf(page)) wrong++;
    }
  };
  const hit = (): void => {
    for (const page of order) {
      const found = reader.page({ position: positionOf(1, page * PAGE_BYTES), length: PAGE_BYTES });
      if (found instanceof Promise || found.cell(5) === undefined) wrong++;
    }
  };
  const start = performance.now();
  await read();
  const cold = performance.now();
  for (let loop = 0; loop < LOOPS; loop++) hit();
  const end = performance.now();
  await storage.close();
  return { coldUs: ((cold - start) * 1000) / PAGES, hitUs: ((end - cold) * 1000) / PAGES / LOOPS, wrong };
}

/** What is used of a worker's global object. */
interface WorkerScope {
  addEventListener(what: "message", listen: (event: { readonly data: string }) => void): void;
  postMessage(answer: ReadCost | string, transfer: readonly []): void;
}

const scope = globalThis as unknown as WorkerScope;
scope.addEventListener("message", ({ data }) => {
  measure(data).then(
    (cost) => scope.postMessage(cost, []),
    (error: unknown) => scope.postMessage(String(error), []),
  );
});
