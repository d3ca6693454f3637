/** What is still to appear of tasks that started lately. */
import { expect, test } from "vitest";
import { Appearing } from "../../src/budget/appearing.ts";

function makeProgram(): { appearing: Appearing; allocate: (bytes: number) => void } {
  let allocatedBytes = 1000;
  const appearing = new Appearing({ allocatedBytes: () => allocatedBytes });
  appearing.passTime(1000);
  return { appearing, allocate: (bytes) => void (allocatedBytes += bytes) };
}

test("expects nothing of a program without tasks", () => {
  const { appearing, allocate } = makeProgram();
  allocate(500);
  expect(appearing.bytes).toBe(0);
});

test("expects of a task what it has not allocated yet", () => {
  const { appearing, allocate } = makeProgram();
  appearing.start(100, 1010);
  expect(appearing.bytes).toBe(100);
  allocate(30);
  expect(appearing.bytes).toBe(70);
  appearing.start(100, 1020);
  expect(appearing.bytes).toBe(170);
  allocate(500);
  expect(appearing.bytes).toBe(0);
});

test("counts what was allocated since the window before, as the tasks of both are expected", () => {
  const { appearing, allocate } = makeProgram();
  appearing.start(100, 1010);
  allocate(40);
  appearing.start(100, 1060);
  expect(appearing.bytes).toBe(160);
  allocate(60);
  expect(appearing.bytes).toBe(100);
});

test("gives a task up that has not allocated after two windows", () => {
  const { appearing } = makeProgram();
  appearing.start(100, 1010);
  appearing.passTime(1049);
  expect(appearing.bytes).toBe(100);
  appearing.passTime(1060);
  expect(appearing.bytes).toBe(100);
  appearing.passTime(1115);
  expect(appearing.bytes).toBe(0);
});

test("forgets both windows when nobody has asked for long", () => {
  const { appearing, allocate } = makeProgram();
  appearing.start(100, 1010);
  appearing.start(50, 2000);
  expect(appearing.bytes).toBe(50);
  allocate(20);
  expect(appearing.bytes).toBe(30);
});
