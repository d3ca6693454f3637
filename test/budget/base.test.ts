/** What a program holds outside of the heap before the first task is no task's. */
import { expect, it } from "vitest";
import { AdaptiveLimiter } from "../../src/budget/index.ts";
import { forceGC } from "../../src/monitor/force-gc.ts";

it("bills tasks for no memory that was there before them", async () => {
  const before = Buffer.alloc(64 * 2 ** 20, 1);
  using limiter = new AdaptiveLimiter({ limit: "4gb", hints: { small: "1mb" } });
  const held: Buffer[] = [];
  for (let round = 0; round < 12; round++) {
    await limiter.run(
      async () => {
        held.push(Buffer.alloc(2 ** 20, round));
        await new Promise((resolve) => setTimeout(resolve, 40));
        forceGC();
        await new Promise((resolve) => setTimeout(resolve, 40));
        held.pop();
      },
      { kind: "small" },
    );
  }
  expect(before[0]).toBe(1);
  const learned = limiter.status().costs.find(({ kind }) => kind === "small");
  expect(learned?.totalBytes).toBeLessThan(16 * 2 ** 20);
});
