/** The machine's clock: repeated work ends with its disposal and never keeps a process alive. */
import { describe, expect, it } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { runWell } from "../support/processes.ts";

describe("systemClock", () => {
  it("tells the time since the epoch", () => {
    const before = Date.now();
    const now = systemClock.now();
    expect(now).toBeGreaterThanOrEqual(before);
    expect(now).toBeLessThanOrEqual(Date.now());
  });

  it("repeats until disposed", async () => {
    let count = 0;
    await new Promise<void>((resolve) => {
      const repeated = systemClock.every(1, () => {
        if (++count < 3) return;
        repeated[Symbol.dispose]();
        resolve();
      });
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(count).toBe(3);
  });

  it("does not keep a process alive", () => {
    const clock = new URL("../../src/base/clock.ts", import.meta.url).href;
    const code = `import { systemClock } from "${clock}"; systemClock.every(10, () => {}); console.log("set");`;
    const args = ["--import", "tsx", "--input-type=module", "-e", code];
    expect(runWell(process.execPath, args, { cwd: process.cwd(), deadlineMs: 20_000 })).toBe("set\n");
  });
});
