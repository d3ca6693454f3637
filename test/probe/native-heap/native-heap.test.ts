import { execFileSync, spawn } from "node:child_process";
import { chmodSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { walkNativeHeap } from "../../../src/probe/native-heap/native-heap.ts";
import { diffNativeHeaps } from "../../../src/probe/native-heap/native-heap-diff.ts";
import type { HeapAccount, NativeHeapWalk } from "../../../src/probe/native-heap/native-heap-walk.ts";
import { availableNodes } from "../../support/nodes.ts";
import { makeRoot } from "../support/fixture-root.ts";
import { type GlibcAccount, type NativeProgram, startNativeProgram } from "./support/native-program.ts";

function walk(pid: number): NativeHeapWalk {
  const reading = walkNativeHeap(pid);
  if (!reading.available) throw new Error(reading.reason);
  return reading;
}

/** Walks until nothing changed under the walk: a program at rest still has timers of its own. */
function walkAtRest(pid: number): NativeHeapWalk {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const reading = walk(pid);
    if (reading.changedArenas === 0) return reading;
  }
  throw new Error("the program is never at rest");
}

/** Asking moves a few kilobytes; anything more is the program's own doing, or that of a thread of V8's. */
const isNear = (a: number, b: number): boolean => Math.abs(a - b) <= 0.004 * b;

/** A walk and glibc's own account of the same state: what it says before the walk it must still say after it. */
async function walkBetween({ pid, ask }: NativeProgram): Promise<{ walked: NativeHeapWalk; truth: GlibcAccount }> {
  let before = await ask();
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const walked = walkAtRest(pid);
    const truth = await ask();
    if (isNear(before.used, truth.used) && isNear(before.free, truth.free)) return { walked, truth };
    before = truth;
  }
  throw new Error("the program is never at rest");
}

/** What mallinfo2 calls used. */
const usedOf = (heap: HeapAccount) => heap.usedBytes + heap.threadCachedBytes + heap.overheadBytes;

const within = (share: number, value: number, truth: number) => {
  expect(value).toBeGreaterThanOrEqual(truth * (1 - share));
  expect(value).toBeLessThanOrEqual(truth * (1 + share));
};

describe("walkNativeHeap on a program at rest", () => {
  it.each(["nothing", "leak", "fragment", "fastBins", "mapped", "threads", "blocked"])(
    "agrees with mallinfo2: %s",
    async (action) => {
      await using program = await startNativeProgram(action);
      const { walked, truth } = await walkBetween(program);
      const { heap, arenas, mapped, sizeClasses, notes } = walked;
      within(0.01, heap.systemBytes, truth.arena);
      within(0.01, usedOf(heap), truth.used);
      within(0.01, heap.freeBytes, truth.free);
      expect(mapped).toEqual({
        count: truth.mappedCount,
        bytes: truth.mappedBytes,
        foundCount: truth.mappedCount,
        foundBytes: truth.mappedBytes,
      });
      expect(heap).toMatchObject({ unknownBytes: 0, errorBytes: 0 });
      expect(notes).toEqual([]);
      expect(heap.retainedResidentBytes).toBeLessThanOrEqual(heap.freeBytes + heap.threadCachedBytes);
      const sum = (of: (account: HeapAccount) => number) => arenas.reduce((bytes, account) => bytes + of(account), 0);
      expect(sum(({ usedBytes }) => usedBytes)).toBe(heap.usedBytes);
      expect(sum(({ systemBytes }) => systemBytes)).toBe(heap.systemBytes);
      const classBytes = sizeClasses.reduce((bytes, { used }) => bytes + used.bytes, 0);
      expect(classBytes).toBe(heap.usedBytes + mapped.foundBytes);
      const freeClassBytes = sizeClasses.reduce((bytes, { free }) => bytes + free.bytes, 0);
      expect(freeClassBytes).toBe(heap.freeBytes + heap.threadCachedBytes);
    },
  );

  it("knows what is held by size, and how much more a second walk finds", async () => {
    await using program = await startNativeProgram("leak");
    const before = walkAtRest(program.pid);
    const countOf = (bytes: number) => before.sizeClasses.find(({ minBytes }) => minBytes === bytes)?.used.count;
    within(0.02, countOf(96) ?? 0, 60_000);
    within(0.02, countOf(208) ?? 0, 50_000);
    within(0.02, countOf(1008) ?? 0, 20_000);
    await program.again();
    const { heap, arenas, sizeClasses, elapsedMs } = diffNativeHeaps(before, walkAtRest(program.pid));
    expect(elapsedMs).toBeGreaterThan(0);
    expect(arenas[0]).toMatchObject({ id: "main" });
    const growthOf = (bytes: number) => sizeClasses.find(({ minBytes }) => minBytes === bytes)?.used.count ?? 0;
    within(0.02, growthOf(96), 60_000);
    within(0.02, growthOf(208), 50_000);
    within(0.02, growthOf(1008), 20_000);
    within(0.02, heap.usedBytes, 60_000 * 96 + 50_000 * 208 + 20_000 * 1008);
    expect(sizeClasses[0]).toMatchObject({ minBytes: 1008 });
  });

  it("bills each thread's leak to an arena of its own", async () => {
    await using program = await startNativeProgram("threads");
    const leaking = walkAtRest(program.pid).arenas.filter(({ usedBytes }) => usedBytes > 30_000_000);
    expect(leaking).toHaveLength(3);
    for (const { id } of leaking) expect(id).toMatch(/^0x[0-9a-f]+30$/);
  });

  it("counts chunks in thread caches and fast bins as free", async () => {
    await using program = await startNativeProgram("fastBins");
    const walked = walkAtRest(program.pid);
    within(0.03, walked.sizeClasses.find(({ minBytes }) => minBytes === 64)?.free.count ?? 0, 50_000);
    await program.again();
    const { sizeClasses } = diffNativeHeaps(walked, walkAtRest(program.pid));
    within(0.03, sizeClasses.find(({ minBytes }) => minBytes === 64)?.used.count ?? 0, 50_000);
    expect(walked.heap.threadCachedBytes).toBeGreaterThan(0);
  });

  it("names the class of leaked C++ objects, and its module", async () => {
    await using program = await startNativeProgram("hashes");
    const before = walkAtRest(program.pid);
    await program.again();
    const after = walkAtRest(program.pid);
    const hash = after.owners.find(({ name }) => name === "node::crypto::Hash");
    expect(hash).toMatchObject({ kind: "class", module: basename(process.execPath), path: process.execPath });
    // An estimate from at most 400 samples, of which half are hashes: its standard error is 5 to 7 %.
    within(0.3, hash?.count ?? 0, 10_000);
    const grown = diffNativeHeaps(before, after).owners.find(({ name }) => name === "node::crypto::Hash");
    expect(grown?.count).toBeGreaterThan(1000);
  });

  it.each(availableNodes())("walks Node $version too", async ({ path }) => {
    await using program = await startNativeProgram("leak", path);
    const { walked, truth } = await walkBetween(program);
    const { heap } = walked;
    within(0.01, usedOf(heap), truth.used);
    within(0.01, heap.freeBytes, truth.free);
  });

  it("says nothing of owners when not asked", async () => {
    await using program = await startNativeProgram("hashes");
    expect(walkNativeHeap(program.pid, { owners: false })).toMatchObject({ available: true, owners: [] });
  });
});

describe("walkNativeHeap on a program at work", () => {
  it("is right within the error that it states", async () => {
    await using program = await startNativeProgram("busy");
    for (let round = 0; round < 5; round += 1) {
      await program.ask();
      const { heap } = walk(program.pid);
      const { least, most } = await program.ask();
      const errorBytes = heap.errorBytes ?? Infinity;
      expect(usedOf(heap)).toBeGreaterThanOrEqual((least ?? 0) - errorBytes);
      expect(usedOf(heap)).toBeLessThanOrEqual(most + errorBytes);
      expect(errorBytes).toBeLessThan(0.1 * heap.systemBytes);
      const { usedBytes, freeBytes, threadCachedBytes, overheadBytes, unknownBytes } = heap;
      expect(usedBytes + freeBytes + threadCachedBytes + overheadBytes + unknownBytes).toBe(heap.systemBytes);
    }
  });

  it("leaves the error open when a second pass is declined and the heap has changed", async () => {
    await using program = await startNativeProgram("busy");
    for (let round = 0; round < 10; round += 1) {
      const walked = walkNativeHeap(program.pid, { passes: 1, owners: false });
      if (!walked.available) throw new Error(walked.reason);
      expect(walked.heap.errorBytes === undefined).toBe(walked.changedArenas > 0);
    }
  });

  it("says so when the program ends in the midst of a walk, or before", async () => {
    await using program = await startNativeProgram("exit");
    let walks = 0;
    let last = walkNativeHeap(program.pid);
    for (const deadline = Date.now() + 10_000; last.available && Date.now() < deadline; walks += 1) {
      last = walkNativeHeap(program.pid);
    }
    expect(walks).toBeGreaterThan(0);
    expect(last).toMatchObject({
      available: false,
      reason: expect.stringMatching(/ended|no main heap|cannot be read/),
    });
  });
});

describe("walkNativeHeap refuses", () => {
  it("a process that does not exist", () => {
    expect(walkNativeHeap(4_194_305)).toMatchObject({
      available: false,
      reason: expect.stringContaining("there is no process"),
    });
  });

  it("another allocator, by name, before it opens the memory", () => {
    const maps =
      "7f0000000000-7f0000010000 r--p 00000000 08:01 7 /usr/lib/x86_64-linux-gnu/libc.so.6\n" +
      "7f1000000000-7f1000010000 r-xp 00000000 08:01 8 /usr/lib/x86_64-linux-gnu/libjemalloc.so.2\n";
    using files = makeRoot({ "proc/7/maps": maps });
    expect(walkNativeHeap(7, files)).toMatchObject({ available: false, reason: expect.stringContaining("jemalloc") });
  });

  it("a program that does not use glibc's heap", async () => {
    const child = spawn("/bin/sleep", ["30"], {
      timeout: 30_000,
      killSignal: "SIGKILL",
      env: { GLIBC_TUNABLES: "glibc.malloc.arena_max=1" },
    });
    try {
      await new Promise((resolve) => child.once("spawn", resolve));
      const reading = walkNativeHeap(child.pid ?? 0);
      if (reading.available) within(0.01, reading.heap.systemBytes, reading.arenas[0]?.systemBytes ?? 0);
      else expect(reading.reason).toMatch(/ended|heap|glibc/);
    } finally {
      child.kill("SIGKILL");
    }
  });

  it("a process of another user", () => {
    const refusal = { available: false, reason: expect.stringMatching(/EACCES.*same user/) };
    if (process.getuid?.() === 0) {
      const program = join(import.meta.dirname, "fixtures", "other-user.ts");
      const output = execFileSync(process.execPath, ["--import", "tsx", program], {
        timeout: 30_000,
        killSignal: "SIGKILL",
      });
      expect(JSON.parse(output.toString())).toEqual(refusal);
    } else {
      const maps = "7f0000000000-7f0000010000 r--p 00000000 08:01 7 /usr/lib/x86_64-linux-gnu/libc.so.6\n";
      using files = makeRoot({ "proc/7/maps": maps, "proc/7/mem": "" });
      chmodSync(join(files.root, "proc/7/mem"), 0);
      expect(walkNativeHeap(7, files)).toEqual(refusal);
    }
  });
});
