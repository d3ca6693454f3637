/** A large task shows in the heap before the next collection tells. */
import { expect, test } from "vitest";
import { HeapExcess } from "../../src/budget/heap-excess.ts";

test("is none while the heap grows as expected, or less", () => {
  const excess = new HeapExcess();
  expect(excess.look(100, 100)).toBe(0);
  expect(excess.look(50, 100)).toBe(0);
});

test("is nearly all of what nobody expected", () => {
  const excess = new HeapExcess();
  expect(excess.look(1100, 100)).toBeGreaterThan(980);
});

test("takes garbage for usual, and sees a large task above it", () => {
  const excess = new HeapExcess();
  for (let looks = 0; looks < 1000; looks++) excess.look(600 + (looks % 2) * 200, 100);
  expect(excess.look(700, 100)).toBeLessThan(10);
  expect(excess.look(5700, 100)).toBeGreaterThan(4900);
});
