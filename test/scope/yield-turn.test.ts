import { describe, expect, it } from "vitest";
import { yieldTurn } from "../../src/scope/index.ts";
import { forceGC } from "../../src/monitor/index.ts";

const MB = 2 ** 20;

/** Makes targets that nothing but the turn keeps alive, and tells what they hold at its end. */
async function heldBytes(endTurn: () => Promise<unknown>): Promise<number> {
  await new Promise(setImmediate);
  const before = forceGC().after.heapUsedBytes;
  for (let i = 0; i < 200; i++) {
    for (let j = 0; j < 100; j++) new WeakRef({ payload: Array.from({ length: 32 }, () => i) });
    await endTurn();
  }
  return forceGC().after.heapUsedBytes - before;
}

describe("yieldTurn", () => {
  it("lets the targets of weak references go, where awaiting a settled promise does not", async () => {
    expect(await heldBytes(() => Promise.resolve())).toBeGreaterThan(4 * MB);
    expect(await heldBytes(() => yieldTurn({ everyMs: 0 }))).toBeLessThan(MB);
  });

  it("ends a turn only when one is due", async () => {
    let turns = 0;
    let isCounting = true;
    const count = (): void => {
      turns++;
      if (isCounting) setImmediate(count);
    };
    await yieldTurn({ everyMs: 0 });
    setImmediate(count);
    for (let i = 0; i < 1000; i++) await yieldTurn({ everyMs: 60_000 });
    expect(turns).toBe(0);
    await Promise.all([yieldTurn({ everyMs: 0 }), yieldTurn({ everyMs: 0 })]);
    expect(turns).toBe(1);
    isCounting = false;
  });

  it("refuses a time that is none", () => {
    expect(() => yieldTurn({ everyMs: -1 })).toThrow(/everyMs is -1/);
    expect(() => yieldTurn({ everyMs: Number.NaN })).toThrow(/everyMs is NaN/);
  });
});
