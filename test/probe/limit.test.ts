import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type LimitReading, parseLimit, readLimits, tightestLimit } from "../../src/probe/limit.ts";
import { makeRoot } from "./support/fixture-root.ts";

const MIB = 2 ** 20;
const LIMIT_FILE = join(import.meta.dirname, "../../src/probe/limit.ts");
const reading = (bytes: number | undefined, bounds: LimitReading["bounds"] = "process"): LimitReading => ({
  bytes,
  bounds,
  source: "test",
  kind: "cgroup-v2",
});

describe("parseLimit", () => {
  it.each(["max\n", "9223372036854771712\n", "9223372036854710272", "18446744073709552000", "unlimited", "", "-1"])(
    "%j is no limit",
    (text) => expect(parseLimit(text)).toBeUndefined(),
  );

  it("reads any size that is one", () => {
    expect(parseLimit(undefined)).toBeUndefined();
    fc.assert(
      fc.property(fc.maxSafeNat(), (bytes) => {
        expect(parseLimit(`${bytes}\n`)).toBe(bytes);
      }),
    );
  });
});

describe("tightestLimit", () => {
  it("is the smallest on the process, the first of equals, and never one of another quantity", () => {
    const first = reading(5);
    expect(tightestLimit([reading(undefined), first, reading(5), reading(9), reading(1, "heap")])).toBe(first);
    expect(tightestLimit([reading(undefined), reading(1, "address-space")])).toBeUndefined();
    expect(tightestLimit([])).toBeUndefined();
    fc.assert(
      fc.property(fc.array(fc.option(fc.maxSafeNat(), { nil: undefined })), (sizes) => {
        const known = sizes.filter((bytes) => bytes !== undefined);
        const expected = known.length === 0 ? undefined : Math.min(...known);
        expect(tightestLimit(sizes.map((bytes) => reading(bytes)))?.bytes).toBe(expected);
      }),
    );
  });
});

describe("readLimits", () => {
  const machine = { "proc/meminfo": "MemTotal: 1048576 kB\nMemAvailable: 524288 kB\n" };

  it("has the heap limit of this process and the machine as the last resort", () => {
    const limits = readLimits();
    expect(limits.find(({ kind }) => kind === "v8-heap")?.bytes).toBeGreaterThan(MIB);
    expect(limits.at(-1)?.kind).toBe("machine");
    expect(tightestLimit(limits)?.bytes).toBeLessThanOrEqual(limits.at(-1)?.bytes ?? 0);
  });

  it("knows no heap limit of another process", () => {
    expect(readLimits(1).map(({ kind }) => kind)).not.toContain("v8-heap");
  });

  it("takes the machine where a cgroup's limit is larger than it", () => {
    using root = makeRoot({
      ...machine,
      "proc/self/mountinfo": "38 31 0:38 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
      "proc/self/cgroup": "0::/app\n",
      "sys/fs/cgroup/app/memory.max": `${2048 * MIB}\n`,
    });
    expect(tightestLimit(readLimits("self", root))).toMatchObject({
      kind: "machine",
      bytes: 1024 * MIB,
      usedBytes: 512 * MIB,
    });
  });

  it("reads ulimit -v and -d from the table of the kernel", () => {
    using root = makeRoot({
      ...machine,
      "proc/7/status": "VmRSS:\t10 kB\nVmSize:\t200 kB\nVmData:\t100 kB\n",
      "proc/7/limits": `Limit                     Soft Limit           Hard Limit           Units
Max data size             1073741824           unlimited            bytes
Max resident set          5                    unlimited            bytes
Max address space         unlimited            unlimited            bytes
`,
    });
    const limits = readLimits(7, root).filter(({ kind }) => kind === "ulimit");
    expect(limits).toEqual([
      expect.objectContaining({ bytes: undefined, bounds: "address-space", usedBytes: 200 * 1024 }),
      expect.objectContaining({ bytes: 1024 * MIB, bounds: "address-space", usedBytes: 100 * 1024 }),
    ]);
    expect(limits[1]?.source).toBe("ulimit -d (Max data size in /proc/7/limits)");
  });

  it("still knows heap and machine where nothing else can be read", () => {
    using root = makeRoot({});
    expect(readLimits("self", root).map(({ kind }) => kind)).toEqual(["v8-heap", "machine"]);
    expect(tightestLimit(readLimits("self", root))?.bytes).toBeGreaterThan(0);
  });

  it("sees the ulimit and the heap flag of a real process, and the limits of a real worker", async () => {
    const source = `
      require("tsx/cjs/api").register();
      const { readLimits } = require(${JSON.stringify(LIMIT_FILE)});
      const limits = readLimits().map(({ kind, bytes }) => [kind, bytes]);
      const { parentPort } = require("node:worker_threads");
      if (parentPort) parentPort.postMessage(limits); else console.log(JSON.stringify(limits));`;
    const output = execFileSync(
      "sh",
      ["-c", 'ulimit -v 60000000 && exec "$0" --max-old-space-size=200 -e "$1"', process.execPath, source],
      { timeout: 30_000, killSignal: "SIGKILL" },
    );
    const limits = JSON.parse(output.toString()) as [string, number | undefined][];
    expect(limits).toContainEqual(["ulimit", 60_000_000 * 1024]);
    const heap = limits.find(([kind]) => kind === "v8-heap")?.[1] ?? 0;
    expect(heap).toBeGreaterThanOrEqual(200 * MIB);
    expect(heap).toBeLessThan(400 * MIB);

    const worker = new Worker(source, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 64 } });
    const inWorker = await new Promise((resolve, reject) => {
      worker.once("message", resolve).once("error", reject);
    });
    await worker.terminate();
    expect(inWorker).toContainEqual(["worker", 64 * MIB]);
  });
});
