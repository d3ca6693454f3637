/** Each of the five causes is named from the figures that show it, and from no others. */
import { expect, it } from "vitest";
import { type CauseReading, nameCauses } from "../../src/scope/causes.ts";

const MB = 1 << 20;
const start: CauseReading = { live: 2, gauges: { slots: 2, modules: 3, memoryBytes: MB }, heapUsedBytes: 12 * MB };
const kinds = (to: CauseReading, beforeTurn?: CauseReading): string[] =>
  nameCauses(start, to, beforeTurn).map(({ kind }) => kind);
const gauges = { slots: 2, modules: 3, memoryBytes: MB };

it("names none below the noise, nor what the library does not tell", () => {
  expect(kinds({ ...start, live: 9 })).toEqual([]);
  expect(kinds({ ...start, gauges: {} })).toEqual([]);
});

it("names each cause alone", () => {
  expect(kinds({ ...start, live: 900, gauges: { ...gauges, slots: 500 } })).toEqual(["lost-references"]);
  expect(kinds({ ...start, gauges: { ...gauges, slots: 4000 } })).toEqual(["lazy-chains"]);
  expect(kinds({ ...start, gauges: { ...gauges, modules: 2000 } })).toEqual(["compile-caches"]);
  expect(kinds({ ...start, gauges: { ...gauges, slots: 0, memoryBytes: 360 * MB } })).toEqual(["wasm-high-water"]);
  expect(kinds(start, { ...start, heapUsedBytes: 99 * MB })).toEqual(["kept-weakrefs"]);
  expect(kinds({ ...start, heapUsedBytes: 99 * MB }, { ...start, heapUsedBytes: 99 * MB })).toEqual([]);
});
