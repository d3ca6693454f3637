/**
 * What the reporter costs a suite: the same generated suite with and without it, in turns. One worker runs all files
 * (`isolate: false`), where the reporter has most to do for the least time. And how often `toLeakNothing` errs: the soak.
 * `npm run bench:testing [-- --quick]`: some minutes; the quick form is a smoke test and writes nothing. Needs the build.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { median } from "../src/monitor/trend.ts";
import { type BenchRow, writeResults } from "./support/results.ts";
import { runSoak } from "./support/testing-soak.ts";

const ROOT = join(import.meta.dirname, "..");
const quick = process.argv.includes("--quick");
const pairs = quick ? 1 : 9;
const FILES = 60;

const folder = mkdtempSync(join(tmpdir(), "plimsoll-suite-"));
mkdirSync(join(folder, "node_modules"));
for (const name of ["plimsoll", "vitest"]) {
  symlinkSync(name === "plimsoll" ? ROOT : join(ROOT, "node_modules", name), join(folder, "node_modules", name), "dir");
}
writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
writeFileSync(
  join(folder, "vitest.config.ts"),
  `export default { test: { isolate: false, maxWorkers: 1, reporters: process.env.MEASURED ? ["default", "plimsoll/testing/reporter"] : ["default"] } };\n`,
);
for (let file = 0; file < FILES; file += 1) {
  writeFileSync(
    join(folder, `file-${file}.test.ts`),
    `import { expect, test } from "vitest";
test.each(Array.from({ length: 10 }, (_, index) => index))("sorts %i", (index) => {
  const list = Array.from({ length: 20_000 }, (_, at) => ({ at: (at * 7919 + index) % 20_011, text: "row " + at }));
  expect(list.sort((one, other) => one.at - other.at).length).toBe(20_000);
});
`,
  );
}

/** Milliseconds of one run. */
function runSuite(isMeasured: boolean): number {
  const began = performance.now();
  const { status, stderr } = spawnSync(process.execPath, [join(ROOT, "node_modules", "vitest", "vitest.mjs"), "run"], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, MEASURED: isMeasured ? "1" : "" },
    timeout: 180_000,
    killSignal: "SIGKILL",
  });
  if (status !== 0) throw new Error(`the suite ended with ${status}: ${stderr}`);
  return performance.now() - began;
}

const without: number[] = [];
const with_: number[] = [];
try {
  runSuite(false);
  for (let pair = 0; pair < pairs; pair += 1) {
    without.push(Math.round(runSuite(false)));
    with_.push(Math.round(runSuite(true)));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const ratios = with_.map((ms, index) => Math.round(1000 * (100 * (ms / (without[index] ?? ms)) - 100)) / 1000);
const row = {
  name: `a suite of ${FILES} files in one worker, slower by`,
  value: Math.round(100 * median(ratios)) / 100,
  unit: "%",
  goal: "<= 5",
  runs: ratios,
};
console.log(row, { without, with: with_ });

const soak = await runSoak({ count: quick ? 50 : 1000, say: (line) => console.log(line) });
const rows: BenchRow[] = [
  row,
  { name: `false alarms in ${soak.clean} clean runs`, value: soak.falseAlarms.length, unit: "runs", goal: "<= 0" },
  { name: `planted leaks missed, of ${soak.leaky}`, value: soak.misses.length, unit: "runs", goal: "<= 0" },
  {
    name: "smallest leak of the heap that was found every time",
    value: soak.minimalBytes ?? "none",
    unit: "B a call",
    goal: "<= 64",
  },
  { name: "duration of a clean check, median", value: soak.medianMs, unit: "ms", goal: "<= 1000" },
  { name: "duration of a clean check, longest", value: soak.maxMs, unit: "ms" },
];
console.log(rows);
if (!quick) console.log(writeResults("testing", "npm run bench:testing", rows));
