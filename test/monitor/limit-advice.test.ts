/** The arithmetic behind `plimsoll limits`, and that V8 itself agrees with it. */
import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PlimsollError } from "../../src/base/errors.ts";
import { adviseLimit, judgeHeapLimit } from "../../src/monitor/limit-advice.ts";
import { availableNodes } from "../support/nodes.ts";

const MB = 2 ** 20;
const anyLimitMb = fc.integer({ min: 64, max: 1_000_000 });

describe("adviseLimit", () => {
  it("divides the limit up without a remainder", () => {
    fc.assert(
      fc.property(anyLimitMb, fc.integer({ min: 0, max: MB - 1 }), (limitMb, rest) => {
        const advice = adviseLimit(limitMb * MB + rest);
        expect(advice.limitMb).toBe(limitMb);
        expect(advice.heapMb + advice.nodeMb + advice.outsideMb).toBe(limitMb);
        expect(advice.oldSpaceMb + 3 * advice.semiSpaceMb).toBe(advice.heapMb);
        expect(advice.oldSpaceMb).toBeGreaterThan(0);
        expect(Math.log2(advice.semiSpaceMb) % 1).toBe(0);
      }),
    );
  });

  it("never gives less heap for a higher limit", () => {
    fc.assert(
      fc.property(anyLimitMb, (limitMb) => {
        expect(adviseLimit((limitMb + 1) * MB).heapMb).toBeGreaterThanOrEqual(adviseLimit(limitMb * MB).heapMb);
      }),
    );
  });

  it("judges its own advice as safe, and a heap as large as the limit as not", () => {
    fc.assert(
      fc.property(anyLimitMb, (limitMb) => {
        expect(judgeHeapLimit(adviseLimit(limitMb * MB).heapMb * MB, limitMb * MB)).toBe("none");
        expect(judgeHeapLimit(limitMb * MB, limitMb * MB)).toBe("kernel-first");
      }),
    );
    // nodejs/node#64646: a container of 256 MB in which V8 allowed itself 262 MB.
    expect(judgeHeapLimit(262 * MB, 256 * MB)).toBe("kernel-first");
    expect(judgeHeapLimit(200 * MB, 256 * MB)).toBe("tight");
  });

  it("says the arithmetic", () => {
    expect(adviseLimit(512 * MB).why).toBe(
      "512 MB limit - 103 MB (20%) for buffers and native memory - 24 MB for Node itself" +
        " - 48 MB young objects (3 x 16) = 337 MB old space",
    );
    expect(adviseLimit(16_384 * MB).why).toContain("- 1024 MB for buffers");
  });

  it.each([0, 10 * MB, 64 * MB - 1, Number.NaN])("refuses %d bytes", (bytes) => {
    let thrown: unknown;
    try {
      adviseLimit(bytes);
    } catch (error) {
      thrown = error;
    }
    expect(PlimsollError.is(thrown, "ERR_PLIMSOLL_BAD_SIZE")).toBe(true);
  });

  it.each(availableNodes())("is what V8 of Node $version makes of the flags", ({ path }) => {
    for (const limitMb of [64, 128, 256, 512, 2048]) {
      const { heapMb, flags } = adviseLimit(limitMb * MB);
      const script = "v8.getHeapStatistics().heap_size_limit / 2 ** 20";
      const { stdout } = spawnSync(path, ["-p", script], {
        env: { ...process.env, NODE_OPTIONS: flags.join(" ") },
        encoding: "utf8",
        timeout: 30_000,
        killSignal: "SIGKILL",
      });
      expect(Number(stdout)).toBe(heapMb);
    }
  });
});
