/** Growth of each file from the floors of its worker. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { type FileFloor, growthOf } from "../../src/testing/worker-growth.ts";
import { floorFrom, FLOORS_KEY } from "../../src/testing/worker-floor.ts";

function floor(worker: string, order: number, floorBytes: number | undefined): FileFloor {
  return { worker, order, floorBytes, file: `${worker}/${order}.test.ts`, usedBytes: 1, spentMs: 0, holders: [] };
}

it("blames the file between two floors, worker by worker, in the order in which they ran", () => {
  expect(growthOf([floor("a", 2, 150), floor("b", 1, 10), floor("a", 1, 100), floor("b", 2, 5)])).toEqual([
    { files: ["a/1.test.ts"], bytes: 50, floorBytes: 150, holders: [] },
    { files: ["b/1.test.ts"], bytes: -5, floorBytes: 5, holders: [] },
  ]);
});

it("shares growth among files between two floors, and loses none of it", () => {
  const any = fc.array(fc.option(fc.nat(1e9), { nil: undefined }), { maxLength: 30 });
  fc.assert(
    fc.property(any, (levels) => {
      const known = levels.filter((level) => level !== undefined);
      const growths = growthOf(levels.map((level, index) => floor("a", index + 1, level)));
      const sum = growths.reduce((total, { bytes }) => total + bytes, 0);
      expect(sum).toBe(known.length === 0 ? 0 : (known.at(-1) ?? 0) - (known[0] ?? 0));
      const files = growths.flatMap((growth) => growth.files);
      expect(new Set(files).size).toBe(files.length);
    }),
  );
});

it.each([{}, { [FLOORS_KEY]: 1 }, { [FLOORS_KEY]: { worker: 1 } }])("reads no floor from %j", (meta) => {
  expect(floorFrom(meta)).toBeUndefined();
});
