/** The limit on live memory: what lives counts, garbage does not. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { limitMemory, memoryMatchers } from "../../src/testing/index.ts";

const MB = 2 ** 20;

function makeObjects(): unknown[] {
  return Array.from({ length: 4_000_000 }, (_, index) => ({ index }));
}

function makeGarbage(): number {
  let sum = 0;
  for (let round = 0; round < 200; round += 1)
    sum += Buffer.alloc(MB, 1).length + Array.from({ length: 1000 }, () => ({})).length;
  return sum;
}

describe("limitMemory", () => {
  it("fails objects that live amidst synchronous code", async () => {
    await expect(limitMemory("16MiB", () => makeObjects().length)).rejects.toMatchObject({
      code: "ERR_PLIMSOLL_OVER_LIMIT",
    });
  });

  it("fails buffers that live between turns, and says the peak", async () => {
    const work = async (): Promise<number> => {
      const buffers: Buffer[] = [];
      for (let round = 0; round < 10; round += 1) {
        buffers.push(Buffer.alloc(8 * MB, 1));
        await sleep(15);
      }
      return buffers.length;
    };
    await expect(limitMemory("32MiB", work)).rejects.toThrow(/rose by \d.* MB .* above the limit of 32 MB\./);
  });

  it("does not hold garbage against the test", async () => {
    expect(await limitMemory("16MiB", makeGarbage)).toBeGreaterThan(0);
  });

  it("checks at the end of a block", () => {
    const held: Buffer[] = [];
    expect(() => {
      using _limit = limitMemory(8 * MB);
      held.push(Buffer.alloc(24 * MB, 1));
    }).toThrow(/above the limit of 8 MB/);
    expect(held).toHaveLength(1);
  });

  it("keeps the function's own error", async () => {
    await expect(limitMemory("16MiB", () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
  });

  it("refuses what is no size", () => {
    expect(() => limitMemory("a lot")).toThrow(/not a size/);
  });
});

describe("toStayWithin", () => {
  it("passes and fails with the peak in words", async () => {
    const within = await memoryMatchers.toStayWithin(() => 1, "16MiB");
    expect([within.pass, within.message()]).toEqual([true, expect.stringMatching(/within the limit of 16 MB/)]);
    const over = await memoryMatchers.toStayWithin(makeObjects, "16MiB");
    expect([over.pass, over.message()]).toEqual([false, expect.stringMatching(/Process the data in smaller pieces/)]);
  });

  it("measures functions only", async () => {
    await expect(memoryMatchers.toStayWithin(1, "16MiB")).rejects.toThrow(/measures a function, not a number/);
  });
});
