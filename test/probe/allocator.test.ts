import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { type AllocatorReading, readAllocator, reasonWithoutGlibc } from "../../src/probe/allocator.ts";

const GLIBC_MAPS = "7f0-7f1 r-xp 0 00:00 1 /usr/lib/x86_64-linux-gnu/libc.so.6\n";
const MUSL_MAPS = "7f0-7f1 r-xp 0 00:00 1 /lib/ld-musl-x86_64.so.1\n";

function read(): AllocatorReading {
  const reading = readAllocator();
  if (!reading.available) throw new Error(reading.reason);
  return reading;
}

describe("reasonWithoutGlibc", () => {
  it("has none on glibc, and says which platform, library or allocator stands in the way", () => {
    expect(reasonWithoutGlibc(GLIBC_MAPS, "linux")).toBeUndefined();
    expect(reasonWithoutGlibc("7f0 r-xp 0 00:00 1 /lib/libc-2.31.so\n", "linux")).toBeUndefined();
    expect(reasonWithoutGlibc(undefined, "darwin")).toContain("darwin has no glibc");
    expect(reasonWithoutGlibc(MUSL_MAPS, "linux")).toContain("musl");
    expect(reasonWithoutGlibc(undefined, "linux")).toContain("cannot be told");
    const jemalloc = `${GLIBC_MAPS}7f0-7f1 r-xp 0 00:00 1 /usr/lib/libjemalloc.so.2\n`;
    expect(reasonWithoutGlibc(jemalloc, "linux")).toContain("jemalloc");
  });
});

describe("readAllocator", () => {
  it("sees large blocks as mapped and small ones as used", () => {
    const before = read();
    const large = Array.from({ length: 32 }, () => Buffer.alloc(2 ** 20, 1));
    const middle = read();
    expect(middle.mmappedBytes - before.mmappedBytes).toBeGreaterThanOrEqual(32 * 2 ** 20);
    expect(middle.mmappedCount - before.mmappedCount).toBeGreaterThanOrEqual(32);
    const small = Array.from({ length: 512 }, () => Buffer.alloc(32 * 1024, 1));
    const after = read();
    expect(after.usedBytes - middle.usedBytes).toBeGreaterThan(15 * 2 ** 20);
    expect(after.usedBytes + after.freeBytes).toBe(after.arenaBytes);
    expect(large.length + small.length).toBe(544);
  });

  it("works in a worker too", async () => {
    const file = join(import.meta.dirname, "../../src/probe/allocator.ts");
    const source = `
      require("tsx/cjs/api").register();
      require("node:worker_threads").parentPort.postMessage(require(${JSON.stringify(file)}).readAllocator());`;
    const worker = new Worker(source, { eval: true });
    const reading = await new Promise((resolve, reject) => {
      worker.once("message", resolve).once("error", reject);
    });
    await worker.terminate();
    expect(reading).toMatchObject({ available: true });
  });

  it("says so when koffi is not installed, and does not load it before the first call", () => {
    const file = join(import.meta.dirname, "../../src/probe/allocator.ts");
    const source = `
      const { Module } = require("node:module");
      const resolve = Module._resolveFilename;
      let asked = 0;
      Module._resolveFilename = function (name, ...rest) {
        if (name === "koffi") { asked += 1; throw new Error("not installed"); }
        return resolve.call(this, name, ...rest);
      };
      require("tsx/cjs/api").register();
      const { readAllocator } = require(${JSON.stringify(file)});
      const before = asked;
      console.log(JSON.stringify([before, readAllocator(), readAllocator(), asked]));`;
    const output = execFileSync(process.execPath, ["-e", source], { timeout: 30_000, killSignal: "SIGKILL" });
    const reading = { available: false, reason: expect.stringContaining("koffi") };
    expect(JSON.parse(output.toString())).toEqual([0, reading, reading, 1]);
  });
});
