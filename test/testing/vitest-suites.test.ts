/** Real vitest runs of a small suite, in both pools, with matchers, types and reporter as a user installs them; and node:test. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { availableNodes } from "../support/nodes.ts";
import { type Outcome, run } from "../support/processes.ts";

const ROOT = join(import.meta.dirname, "..", "..");
let folder: string;

const FILES: Readonly<Record<string, string>> = {
  "package.json": '{ "private": true, "type": "module" }\n',
  "vitest.config.ts": `
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
class ByName extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.sort((one, other) => one.moduleId.localeCompare(other.moduleId));
  }
}
export default defineConfig({
  test: {
    sequence: { sequencer: ByName },
    setupFiles: ["plimsoll/testing/vitest"],
    isolate: process.env.ISOLATE === "yes",
    maxWorkers: 1,
    pool: process.env.POOL === "threads" ? "threads" : "forks",
    reporters: ["default", ["plimsoll/testing/reporter", { everyFile: true }]],
  },
});
`,
  "matchers.test.ts": `
import { afterAll, expect, test } from "vitest";
const kept: unknown[] = [];
afterAll(() => void (kept.length = 0));
test("clean", () => expect(() => JSON.parse("{}")).toLeakNothing());
test("small", () => expect(() => Buffer.alloc(1000)).toStayWithin("16MiB"));
test.fails("leak", () => expect(() => kept.push({ a: 1, b: 2, c: 3, d: 4, e: 5 })).toLeakNothing({ holders: false }));
test("leak turned round", () => expect(() => kept.push({ a: 1, b: 2, c: 3, d: 4, e: 5 })).not.toLeakNothing({ holders: false }));
`,
  "store.ts": `
const kept = new Map<string, unknown>();
export const keep = (name: string, value: unknown) => void kept.set(name, value);
`,
  "types.ts": `
import { expect } from "vitest";
import "plimsoll/testing/vitest";
export const fine: Promise<void> = expect(() => 1).toLeakNothing({ calls: 10 });
export const within: Promise<void> = expect(async () => 1).toStayWithin("64MiB");
// @ts-expect-error a size is needed
void expect(() => 1).toStayWithin();
// @ts-expect-error no such option
void expect(() => 1).toLeakNothing({ call: 10 });
`,
  "tsconfig.json": JSON.stringify({
    compilerOptions: {
      module: "nodenext",
      target: "es2022",
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      types: ["node"],
    },
    files: ["types.ts"],
  }),
  "plain.mjs": `
import { test } from "node:test";
import { rejects } from "node:assert/strict";
import { assertLeaksNothing } from "plimsoll/testing";
const kept = [];
test("clean", () => assertLeaksNothing(() => JSON.parse("{}")));
test("leak", () => rejects(assertLeaksNothing(() => kept.push({ a: 1, b: 2, c: 3 }), { holders: false }), { code: "ERR_PLIMSOLL_LEAK" }));
`,
};

function grower(numbers: number): string {
  return `
import { test } from "vitest";
import { keep } from "./store.ts";
test("keeps", () => keep("${numbers}", Array.from({ length: ${numbers} }, (_, index) => index + 0.5)));
`;
}

/** Large while it runs, and gone with it. */
const OWN = `
import { expect, test } from "vitest";
const rows = Array.from({ length: 2_000_000 }, (_, index) => index + 0.5);
test("has rows of its own", () => expect(rows.length).toBe(2_000_000));
`;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "plimsoll-suites-"));
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(ROOT, join(folder, "node_modules", "plimsoll"), "dir");
  for (const name of ["vitest", "@types"])
    symlinkSync(join(ROOT, "node_modules", name), join(folder, "node_modules", name), "dir");
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text);
  for (const name of ["first", "keeps", "small"])
    writeFileSync(join(folder, `${name}.test.ts`), grower(name === "keeps" ? 2_000_000 : 10));
  writeFileSync(join(folder, "own.test.ts"), OWN);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function suite(env: Readonly<Record<string, string>>): Outcome {
  const args = [join(ROOT, "node_modules", "vitest", "vitest.mjs"), "run", "--no-color"];
  return run(process.execPath, args, {
    cwd: folder,
    env: { GITHUB_ACTIONS: "", GITHUB_STEP_SUMMARY: "", NO_COLOR: "1", ...env },
    deadlineMs: 60_000,
  });
}

describe.each(["forks", "threads"])("pool %s", (POOL) => {
  it("runs the matchers, and names the file that grows the worker", () => {
    const { status, stdout, stderr } = suite({ POOL, GITHUB_ACTIONS: "true" });
    expect(`${stdout}\n${stderr}`).toMatch(/Tests +7 passed \| 1 expected fail/);
    expect(status).toBe(0);
    const [, named = ""] =
      /5 files in 1 workers; these kept 4 MB or more beyond their end:\n([^]*?)\n   Next:/.exec(stderr) ?? [];
    expect(named).toMatch(
      /^ {3}\+1\d\S* MB {2}keeps\.test\.ts .*\n {6}in the heap: Array behind (kept|keep) \(15\.3 MB\)/,
    );
    expect(named.match(/^ {3}\+/gm)).toHaveLength(1);
    expect(stderr).toMatch(/^::warning file=keeps\.test\.ts,title=Memory kept::\+/m);
  });
});

it("accuses no file that has a worker of its own", () => {
  const { status, stderr } = suite({ POOL: "forks", ISOLATE: "yes" });
  expect(status).toBe(0);
  expect(stderr).toMatch(/5 files in 5 workers: no worker ran enough files to grow/);
});

it("has types that vitest's expect knows", () => {
  const { status, stdout } = run(
    process.execPath,
    [join(ROOT, "node_modules", "typescript", "bin", "tsc"), "-p", "."],
    { cwd: folder },
  );
  expect(stdout).toBe("");
  expect(status).toBe(0);
});

it.each(availableNodes())("works in node:test of Node.js $version", ({ path }) => {
  const { status, stdout } = run(path, ["--test", "plain.mjs"], { cwd: folder });
  expect(stdout).toMatch(/pass 2/);
  expect(status).toBe(0);
});
