/** What tasks go on to take while no further one starts. */
import { expect, test } from "vitest";
import { LateGrowth } from "../../src/budget/late-growth.ts";

test("is none as long as nothing rises while tasks are held back", () => {
  const late = new LateGrowth();
  late.hold(1000, 0);
  late.hold(900, 0);
  late.hold(1000, 0);
  expect(late.bytes).toBe(0);
});

test("is the highest rise of one hold, without what was known to come", () => {
  const late = new LateGrowth();
  late.hold(1000, 50);
  late.hold(1040, 0);
  expect(late.bytes).toBe(0);
  late.hold(1080, 0);
  late.hold(1020, 0);
  expect(late.bytes).toBe(30);
});

test("does not count what a task takes that starts in between", () => {
  const late = new LateGrowth();
  late.hold(1000, 0);
  late.start();
  late.hold(1500, 0);
  expect(late.bytes).toBe(0);
  late.hold(1510, 0);
  expect(late.bytes).toBe(10);
});

test("fades with the collections that follow", () => {
  const late = new LateGrowth();
  late.hold(1000, 0);
  late.hold(1100, 0);
  for (let readings = 0; readings < 350; readings++) late.fade();
  expect(late.bytes).toBeGreaterThan(45);
  expect(late.bytes).toBeLessThan(55);
});
