import { memoryUsage } from "node:process";
import { describe, expect, it, vi } from "vitest";
import { readV8, readV8Code, readV8Spaces } from "../../src/probe/v8.ts";

describe("readV8", () => {
  it("counts a Buffer as an array buffer, which is part of the external memory", () => {
    const before = readV8();
    const kept = Buffer.alloc(32 * 2 ** 20, 1);
    const after = readV8();
    expect(kept).toHaveLength(32 * 2 ** 20);
    expect((after.arrayBuffersBytes ?? 0) - (before.arrayBuffersBytes ?? 0)).toBeGreaterThan(31 * 2 ** 20);
    expect(after.externalBytes).toBeGreaterThanOrEqual(after.arrayBuffersBytes ?? 0);
  });

  it("agrees with Node and stays below its limit", () => {
    const reading = readV8();
    expect(reading.heapUsedBytes / memoryUsage().heapUsed).toBeCloseTo(1, 0);
    expect(reading.heapUsedBytes).toBeLessThanOrEqual(reading.heapTotalBytes);
    expect(reading.heapTotalBytes).toBeLessThanOrEqual(reading.heapLimitBytes);
    expect(reading.nativeContexts).toBeGreaterThan(0);
  });

  it("keeps V8's counters where Node cannot read the process", () => {
    vi.spyOn(process, "memoryUsage").mockImplementation(() => {
      throw new Error("no /proc");
    });
    const reading = readV8();
    expect(reading.rssBytes).toBeUndefined();
    expect(reading.arrayBuffersBytes).toBeUndefined();
    expect(reading.heapUsedBytes).toBeGreaterThan(0);
  });
});

describe("readV8Spaces and readV8Code", () => {
  it("name the old and the large-object space, which add up to the heap", () => {
    const spaces = readV8Spaces();
    expect(spaces.map(({ name }) => name)).toEqual(expect.arrayContaining(["old_space", "large_object_space"]));
    const used = spaces.reduce((sum, { usedBytes }) => sum + usedBytes, 0);
    expect(used / readV8().heapUsedBytes).toBeCloseTo(1, 0);
  });

  it("count bytecode", () => {
    expect(readV8Code().bytecodeBytes).toBeGreaterThan(0);
  });
});
