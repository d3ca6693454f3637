/** Samples in a file: the contract, its mode, and what a killed server leaves behind. */
import { mkdirSync, mkdtempSync, rmSync, statSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SampleBuffer } from "../../src/history/sample-buffer.ts";
import type { HistorySample, SampleHistory } from "../../src/history/sample-history.ts";
import { SqliteHistory } from "../../src/history/sqlite-history.ts";
import { keepsSamples } from "./history-contract.ts";

let folder: string;
let files = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "plimsoll-sqlite-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const newFile = (): string => join(folder, `history-${(files += 1)}.sqlite`);
const SAMPLE: HistorySample = { program: "node a.js", pid: 1, startedMs: 1, timeMs: 1, rssBytes: 1 };

describe("samples in SQLite", () => {
  keepsSamples(() => SqliteHistory.open(newFile()));

  it("are readable by their owner only", async () => {
    const file = newFile();
    await using history = await SqliteHistory.open(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(history.place).toContain(file);
  });

  it("outlive the server, and are written to by two at once", async () => {
    const file = newFile();
    await using one = await SqliteHistory.open(file);
    await using other = await SqliteHistory.open(file);
    await Promise.all(
      Array.from({ length: 40 }, (_, nth) => (nth % 2 ? one : other).append([{ ...SAMPLE, timeMs: nth }])),
    );
    expect(await other.programs()).toMatchObject([{ samples: 40 }]);
  });

  it("are there again after a server was killed in the midst of a write", async () => {
    const file = newFile();
    await (await SqliteHistory.open(file))[Symbol.asyncDispose]();
    mkdirSync(`${file}.lock`);
    utimesSync(`${file}.lock`, new Date(0), new Date(0));
    await using history = await SqliteHistory.open(file);
    await history.append([SAMPLE]);
    expect(await history.programs()).toHaveLength(1);
  });
});

describe("the buffer", () => {
  it("keeps a bounded number while the place takes none, and counts what it drops", async () => {
    const taken: HistorySample[] = [];
    let isDown = true;
    const place: SampleHistory = {
      place: "nowhere",
      append: (samples) => {
        if (isDown) return Promise.reject(new Error("down"));
        taken.push(...samples);
        return Promise.resolve();
      },
      read: () => Promise.resolve([]),
      programs: () => Promise.resolve([]),
      forgetBefore: () => Promise.resolve(),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
    await using buffer = new SampleBuffer(place);
    for (let nth = 0; nth < 5000; nth += 1) {
      buffer.add({ ...SAMPLE, timeMs: nth });
      if (nth % 1000 === 999) await buffer.flush();
    }
    isDown = false;
    await buffer.flush();
    expect(taken.length).toBeLessThanOrEqual(3000);
    expect(taken.length + buffer.lost).toBe(5000);
    expect(taken.at(-1)?.timeMs).toBe(4999);
    expect(taken.map(({ timeMs }) => timeMs)).toEqual(taken.map(({ timeMs }) => timeMs).toSorted((a, b) => a - b));
  });
});
