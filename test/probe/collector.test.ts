/** Collections on demand, in every Node.js that is here: what `gc` makes of its arguments differs between them. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { availableNodes } from "../support/nodes.ts";

const COLLECTOR = join(import.meta.dirname, "..", "..", "dist", "probe", "collector.js");
const MB = 2 ** 20;
/** Old objects and Buffers, half of them dead: what a minor collection would not find. */
const PROGRAM = `
import { getHeapStatistics } from "node:v8";
import * as collector from ${JSON.stringify(COLLECTOR)};
const collect = collector[process.argv[1]];
let rows = Array.from({ length: 100 }, () => new Array(32_768).fill(1.5));
let files = Array.from({ length: 20 }, () => Buffer.alloc(${MB}, 1));
collect();
const held = getHeapStatistics();
rows = rows.slice(50);
files = files.slice(10);
collect();
void new ArrayBuffer(8);
const left = getHeapStatistics();
console.log(JSON.stringify([held.used_heap_size - left.used_heap_size, held.external_memory - left.external_memory]));
console.log(rows.length + files.length);
`;

const ways = availableNodes().flatMap(({ version, path }) =>
  ["collectGarbage", "collectGarbageOnce"].map((way) => ({ way, version, path })),
);

it.each(ways)("$way frees old objects and Buffers on Node.js $version", ({ way, path }) => {
  const args = ["--input-type=module", "--eval", PROGRAM, way];
  const [freed] = execFileSync(path, args, { encoding: "utf8", timeout: 30_000 }).split("\n");
  const [heapBytes, externalBytes] = JSON.parse(freed ?? "") as [number, number];
  expect(heapBytes / MB).toBeGreaterThan(12);
  expect(heapBytes / MB).toBeLessThan(14);
  expect(externalBytes / MB).toBeCloseTo(10, 0);
});
