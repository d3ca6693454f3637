/** Forced collections, in this process (started without --expose-gc) and where V8 refuses. */
import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { forceGC } from "../../src/monitor/force-gc.ts";
import { MB } from "./fake-clock.ts";

describe("forceGC", () => {
  it("frees garbage and says how much", () => {
    forceGC();
    const make = (): number =>
      Array.from({ length: 100 }, () => new Array<number>(10_000).fill(0.5)).length + Buffer.alloc(20 * MB, 1).length;
    make();
    const { freed, before, after, pauseMs } = forceGC();
    expect(freed.arrayBuffersBytes).toBeGreaterThanOrEqual(20 * MB);
    expect(freed.heapUsedBytes).toBeGreaterThan(7 * MB);
    expect(after.heapUsedBytes).toBe(before.heapUsedBytes - freed.heapUsedBytes);
    expect(pauseMs).toBeGreaterThan(0);
  });

  it("leaves the flag as it was", () => {
    forceGC();
    expect(globalThis.gc).toBeUndefined();
  });

  it.each([
    ["V8 refuses", [], "v8.setFlagsFromString = () => {}; syncBuiltinESMExports();", "ERR_PLIMSOLL_GC_UNAVAILABLE"],
    [
      "V8 throws",
      [],
      "v8.setFlagsFromString = (flag) => { if (flag === '--expose-gc') throw new Error('no'); }; syncBuiltinESMExports();",
      "ERR_PLIMSOLL_GC_UNAVAILABLE",
    ],
    ["the flag is given", ["--expose-gc"], "", "collected"],
    ["nothing is given", [], "", "collected"],
  ])("answers when %s", (_when, flags, prelude, expected) => {
    const script = `
      import v8 from "node:v8";
      import { syncBuiltinESMExports } from "node:module";
      ${prelude}
      const { forceGC } = await import("${new URL("../../src/monitor/force-gc.ts", import.meta.url).href}");
      try { forceGC(); console.log("collected"); } catch (error) { console.log(error.code); }`;
    const child = spawnSync(process.execPath, [...flags, "--import", "tsx", "--input-type=module", "--eval", script], {
      encoding: "utf8",
      timeout: 30_000,
      killSignal: "SIGKILL",
    });
    expect(child.stderr).toBe("");
    expect(child.stdout.trim()).toBe(expected);
  });
});
