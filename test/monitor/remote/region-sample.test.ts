/** The address space, summed up: of this very process, and of lists made up by hand. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { listModules } from "../../../src/monitor/remote/native-modules.ts";
import { readRegionSample } from "../../../src/monitor/remote/region-sample.ts";
import type { ClassifiedRegion } from "../../../src/probe/regions.ts";

const directory = mkdtempSync(join(tmpdir(), "regions-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function file(name: string, rssBytes: number): ClassifiedRegion {
  const size = { start: 0, end: 4096, rssBytes, anonBytes: 0, swapBytes: 0 };
  return { ...size, permissions: "r-xp", inode: 1, name, kind: "file" };
}

describe("readRegionSample", () => {
  it("sums this process up", () => {
    const outcome = readRegionSample(process.pid, 5);
    if (typeof outcome === "string") throw new Error(outcome);
    const { sample } = outcome;
    expect(sample.timeMs).toBe(5);
    expect(sample.rssBytes / process.memoryUsage.rss()).toBeGreaterThan(0.5);
    const sums = Object.values(sample.kinds);
    expect(sums.reduce((count, sum) => count + sum.count, 0)).toBe(sample.regionCount);
    expect(sums.reduce((bytes, sum) => bytes + sum.rssBytes, 0)).toBe(sample.rssBytes);
    expect(sample.mapLimit).toBeGreaterThan(1000);
    expect(sample.v8OrdinaryPages).toBeLessThanOrEqual(sample.kinds["v8-page"]?.count ?? 0);
    expect(sample.largest).toHaveLength(8);
    expect(sample.largest[0]?.rssBytes).toBeGreaterThanOrEqual(sample.largest[7]?.rssBytes ?? Infinity);
    expect(sample.filesRssBytes.program).toBeGreaterThan(1e6);
    expect(sample.threadFaults?.[0]?.id).toBe(process.pid);
    expect(sample.threadFaults?.[0]?.faults).toBeGreaterThan(1000);
    expect(sample.threadFaults?.length).toBeLessThanOrEqual(14);
    const threads = Object.values(sample.threadNames).reduce((count, each) => count + each, 0);
    expect(threads).toBeGreaterThanOrEqual(sample.threadFaults?.length ?? Infinity);
  });

  it("says why there is none", () => {
    expect(readRegionSample(2 ** 22 + 1, 5)).toContain("cannot be read");
  });
});

describe("listModules", () => {
  it("lists addons and what came with them, with the package that brought them, and nothing of the system", () => {
    const home = join(directory, "app/node_modules/sharp-like");
    mkdirSync(join(home, "build"), { recursive: true });
    writeFileSync(join(home, "build/package.json"), "no JSON");
    writeFileSync(join(home, "package.json"), JSON.stringify({ name: "sharp-like", version: "1.2.3" }));
    const modules = listModules(
      [
        file(join(home, "build/x.node"), 100),
        file(join(home, "build/x.node"), 50),
        file(join(home, "build/libvips.so.42.1"), 500),
        file("/usr/lib/x86_64-linux-gnu/libc.so.6", 9000),
        file("/lib64/ld-linux-x86-64.so.2", 9000),
        file("/usr/lib/node_modules/global/y.so", 7),
        file("/opt/oracle/libclntsh.so.19", 3),
        file("/usr/bin/node", 9000),
        { ...file("/opt/z.node", 5), kind: "anonymous" },
      ],
      join(directory, "app"),
    );
    const owner = { packageName: "sharp-like", packageVersion: "1.2.3" };
    expect(modules).toEqual([
      { path: "node_modules/sharp-like/build/libvips.so.42.1", isAddon: false, ...owner, rssBytes: 500 },
      { path: "node_modules/sharp-like/build/x.node", isAddon: true, ...owner, rssBytes: 150 },
      { path: "/usr/lib/node_modules/global/y.so", isAddon: false, rssBytes: 7 },
      { path: "/opt/oracle/libclntsh.so.19", isAddon: false, rssBytes: 3 },
    ]);
  });
});
