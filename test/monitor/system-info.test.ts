/** What the program runs on, from the real machine; and readings in words. */
import { describe, expect, it } from "vitest";
import { delta, formatSnapshot, processSource } from "../../src/monitor/sample.ts";
import { getSystemInfo } from "../../src/monitor/system-info.ts";
import { FakeSource, MB } from "./fake-clock.ts";

describe("getSystemInfo", () => {
  it("tells limits and machine", () => {
    const info = getSystemInfo();
    expect(info.versions.node).toBe(process.versions.node);
    expect(info.v8.heapLimitBytes).toBeGreaterThan(10 * MB);
    expect(info.v8.mallocedBytes).toBeGreaterThan(0);
    expect(info.machine.totalBytes).toBeGreaterThan(100 * MB);
    expect(info.limits.some(({ kind }) => kind === "v8-heap")).toBe(true);
    expect(info.tightestLimit?.bytes).toBeLessThanOrEqual(info.machine.totalBytes);
  });
});

describe("readings", () => {
  it("are of this process", () => {
    const sizes = processSource.read();
    expect(sizes.rssBytes).toBeGreaterThan(10 * MB);
    expect(sizes.heapTotalBytes).toBeGreaterThanOrEqual(sizes.heapUsedBytes);
    expect(sizes.externalBytes).toBeGreaterThanOrEqual(sizes.arrayBuffersBytes);
    expect(processSource.highWaterBytes()).toBeGreaterThan(10 * MB);
  });

  it("fit into one line", () => {
    const { sizes } = new FakeSource();
    expect(formatSnapshot(sizes, 400 * MB)).toBe(
      "100 MB resident (25% of 400 MB): heap 20 MB used of 30 MB, array buffers 5 MB, other external 5 MB, native 60 MB",
    );
    expect(formatSnapshot(sizes)).toMatch(/^100 MB resident: /);
  });

  it("are subtracted size by size", () => {
    const { sizes } = new FakeSource();
    const changed = delta({ timeMs: 1, ...sizes }, { timeMs: 5, ...sizes, nativeBytes: 0 });
    expect(changed).toMatchObject({ elapsedMs: 4, nativeBytes: -60 * MB, rssBytes: 0 });
  });
});
