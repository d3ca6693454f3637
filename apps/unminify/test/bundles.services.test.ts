/**
 * The largest bundles that everybody can have: who declares what agrees with eslint-scope, position by
 * position, and programs that use them print the same before and after.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { analyse } from "../src/scope/analyse.ts";
import { unminify } from "../src/unminify.ts";
import { BUNDLES, installBundles } from "./support/bundles.ts";
import { compareWithOracle } from "./support/scope-oracle.ts";

const folder = mkdtempSync(join(tmpdir(), "unminify-bundles-"));
beforeAll(installBundles);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a program prints that uses a bundle. */
function run(bundle: string, program: string): string {
  const file = join(folder, "program.cjs");
  writeFileSync(
    file,
    `const library = require(${JSON.stringify(bundle)}); let result;
(async () => { ${program}\nconsole.log(JSON.stringify(result)); process.exit(0); })();`,
  );
  const printed = execFileSync(process.execPath, [file], {
    encoding: "utf8",
    timeout: 60_000,
    stdio: ["ignore", "pipe", "ignore"],
  });
  // Before it, libraries greet with the time of day.
  return printed.trimEnd().split("\n").at(-1) ?? "";
}

describe.each(BUNDLES)("$name", ({ path, program }) => {
  it("is bound as eslint-scope has it", () => {
    const text = readFileSync(path, "utf8");
    const { compared, unmatched, splits, merges } = compareWithOracle(text, analyse(text, "script"), "script");
    expect(compared).toBeGreaterThan(100_000);
    expect({ unmatched, splits, merges }).toEqual({ unmatched: [], splits: [], merges: [] });
  });

  it("does what it did", async () => {
    const output = join(folder, "renamed.js");
    expect((await unminify(path, output)).renamed).toBeGreaterThan(10_000);
    const expected = run(path, program);
    expect(expected.length).toBeGreaterThan(50);
    expect(run(output, program)).toBe(expected);
  });
});

it("does what it did in parts, 738 of them", async () => {
  const bundle = BUNDLES.find(({ name }) => name.startsWith("Babylon.js 8"));
  const [path, program] = [bundle?.path ?? "", bundle?.program ?? ""];
  const parts = join(folder, "parts");
  const { split, isVerified } = await unminify(path, parts, { split: true });
  expect({ split, isVerified }).toEqual({ split: { files: 738, kept: 0 }, isVerified: true });
  expect(run(join(parts, "index.cjs"), program)).toBe(run(path, program));
});

it("writes what the README shows", async () => {
  const [, before = "", after = ""] = readFileSync(join(import.meta.dirname, "../README.md"), "utf8").split("```js\n");
  const [tensorflow] = BUNDLES;
  const path = tensorflow?.path ?? "";
  const output = join(folder, "shown.js");
  await unminify(path, output);
  for (const [shown, file] of [
    [before, path],
    [after, output],
  ] as const)
    expect(readFileSync(file, "utf8")).toContain(shown.slice(0, shown.indexOf("\n")));
});
