import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseStatus, readPageBytes, readResident, ResidentReader } from "../../src/probe/process.ts";
import { makeRoot } from "./support/fixture-root.ts";
import { startProgram } from "./support/start-program.ts";

const KIB = 1024;
const STATUS = readFileSync(join(import.meta.dirname, "fixtures", "node-20.status.txt"), "utf8");

describe("parseStatus", () => {
  it("reads what a kernel wrote for Node 20", () => {
    expect(parseStatus(STATUS)).toEqual({
      rssBytes: 40_436 * KIB,
      anonBytes: 6_320 * KIB,
      fileBytes: 34_116 * KIB,
      sharedBytes: 0,
      swapBytes: 0,
      peakRssBytes: 40_436 * KIB,
      virtualBytes: 728_236 * KIB,
      dataBytes: 48_604 * KIB,
      threads: 7,
      parentPid: 14_565,
    });
  });

  it("gives nothing for a process that has ended or has no memory", () => {
    expect(parseStatus(STATUS.replaceAll(/^(Vm|Rss).*\n/gm, ""))).toBeUndefined();
    expect(parseStatus("")).toBeUndefined();
  });

  it("leaves out what an old kernel does not say", () => {
    expect(parseStatus("Name:\tnode\nVmRSS:\t  12 kB\n")).toEqual({ rssBytes: 12 * KIB });
  });

  it("survives any text, and every number comes back", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void parseStatus(text)));
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (rss, swap) => {
        const reading = parseStatus(`VmSwap:\t${swap} kB\nVmRSS:\t${rss} kB\n`);
        expect(reading).toEqual({ rssBytes: rss * KIB, swapBytes: swap * KIB });
      }),
    );
  });
});

describe("readResident", () => {
  it("agrees with Node on this process, and its parts add up", () => {
    const reading = readResident("self");
    expect(reading?.rssBytes ?? 0).toBeGreaterThan(0.9 * process.memoryUsage.rss());
    expect(reading?.parentPid).toBe(process.ppid);
    const { anonBytes = 0, fileBytes = 0, sharedBytes = 0, rssBytes } = reading ?? {};
    expect(anonBytes + fileBytes + sharedBytes).toBe(rssBytes);
  });

  it("is undefined for a process that does not exist", () => {
    expect(readResident(4_194_305)).toBeUndefined();
  });

  it("falls back to what Node knows of itself where there is no /proc, and to nothing for others", () => {
    using empty = makeRoot({});
    const reading = readResident("self", empty);
    expect(reading?.rssBytes ?? 0).toBeGreaterThan(0);
    expect(reading?.peakRssBytes ?? 0).toBeGreaterThanOrEqual((reading?.rssBytes ?? 0) / 2);
    expect(reading?.anonBytes).toBeUndefined();
    expect(readResident(1, empty)).toBeUndefined();
  });
});

describe("ResidentReader", () => {
  it("follows a process to its end without an exception, then stays silent", async () => {
    const program = await startProgram("bigBuffers");
    using reader = new ResidentReader(program.pid);
    expect(reader.read() ?? 0).toBeGreaterThan(64 * 2 ** 20);
    expect((reader.read() ?? 0) / (readResident(program.pid)?.rssBytes ?? 1)).toBeCloseTo(1, 1);
    await program[Symbol.asyncDispose]();
    expect(reader.read()).toBeUndefined();
    expect(reader.read()).toBeUndefined();
  });

  it("reads this process, also after it was disposed, but no other then", () => {
    const reader = new ResidentReader("self");
    expect((reader.read() ?? 0) / process.memoryUsage.rss()).toBeCloseTo(1, 0);
    reader[Symbol.dispose]();
    expect(reader.read() ?? 0).toBeGreaterThan(0);
    const parent = new ResidentReader(process.ppid);
    parent[Symbol.dispose]();
    parent[Symbol.dispose]();
    expect(parent.read()).toBeUndefined();
  });

  it("has no reading for a process that does not exist", () => {
    using reader = new ResidentReader(4_194_305);
    expect(reader.read()).toBeUndefined();
  });

  it("gives its file back", () => {
    const open = () => readdirSync("/proc/self/fd").length;
    const before = open();
    for (let count = 0; count < 50; count += 1) new ResidentReader("self")[Symbol.dispose]();
    expect(open()).toBe(before);
  });

  it("counts in the pages of this machine", () => {
    // A kernel with pages of 64 KiB: 1,000 resident pages are 64,000 KiB.
    using large = makeRoot({
      "proc/self/statm": "9000 1000 500 10 0 800 0\n",
      "proc/self/status": "VmRSS:\t64000 kB\n",
      "proc/7/statm": "9000 300 100 10 0 800 0\n",
      "proc/8/statm": "0 0 0 0 0 0 0\n",
    });
    expect(readPageBytes(large)).toBe(65_536);
    using seven = new ResidentReader(7, large);
    expect(seven.read()).toBe(300 * 65_536);
    using ended = new ResidentReader(8, large);
    expect(ended.read()).toBeUndefined();
  });
});

describe("readPageBytes", () => {
  it("finds the size of a page although the resident set moved between the two files", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(4, 16, 64),
        fc.integer({ min: 1000, max: 1e6 }),
        fc.integer({ min: -9, max: 9 }),
        (pageKib, pages, percent) => {
          const kib = Math.round(pages * pageKib * (1 + percent / 100));
          using root = makeRoot({ "proc/self/statm": `1 ${pages} 1\n`, "proc/self/status": `VmRSS:\t${kib} kB\n` });
          expect(readPageBytes(root)).toBe(pageKib * KIB);
        },
      ),
      { numRuns: 30 },
    );
  });

  it("does not guess", () => {
    using unclear = makeRoot({ "proc/self/statm": "1 1000 1\n", "proc/self/status": "VmRSS:\t5700 kB\n" });
    expect(readPageBytes(unclear)).toBeUndefined();
    using empty = makeRoot({});
    expect(readPageBytes(empty)).toBeUndefined();
    using reader = new ResidentReader("self", empty);
    expect(reader.read()).toBeUndefined();
  });
});
