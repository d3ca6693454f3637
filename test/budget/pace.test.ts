/** How many tasks at once are worth it. */
import { expect, test } from "vitest";
import { Pace } from "../../src/budget/pace.ts";

test("keeps what it let in while very long tasks ran, when the first of them ends", () => {
  const pace = new Pace(0, () => 0);
  for (let second = 1; second <= 60; second++) pace.wait(second * 1000);
  const { limit } = pace;
  expect(limit).toBeGreaterThan(100);
  pace.end(limit, 60_500);
  expect(pace.limit).toBeGreaterThanOrEqual(limit);
});
