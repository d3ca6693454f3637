/**
 * The ECMAScript committee's programs for parsers, all kinds of syntax in some 2,000 short files: what acorn
 * reads is renamed, each binding as eslint-scope has it, to the same program but for its names. A second
 * version of each, with more brackets and spaces, must have the same bindings.
 */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parse } from "acorn";
import { beforeAll, describe, expect, it } from "vitest";
import { installPackages } from "../../../test/support/install-packages.ts";
import { assignNames } from "../src/rename/assign-names.ts";
import { analyse, type Analysis, type SourceType } from "../src/scope/analyse.ts";
import { signature } from "../src/verify/signature.ts";
import { apply } from "./support/apply.ts";
import { compareWithOracle } from "./support/scope-oracle.ts";

const PLACE = join(import.meta.dirname, "test262");
const TESTS = join(PLACE, "node_modules/test262-parser-tests");
beforeAll(() => installPackages(PLACE));

function filesIn(folder: string): { file: string; text: string; sourceType: SourceType }[] {
  return readdirSync(join(TESTS, folder)).map((file) => ({
    file: `${folder}/${file}`,
    text: readFileSync(join(TESTS, folder, file), "utf8"),
    sourceType: file.includes(".module.") ? "module" : "script",
  }));
}

/** Why acorn does not read a program; undefined where it does. */
function refusalOf(text: string, sourceType: SourceType): string | undefined {
  try {
    const allowReturnOutsideFunction = sourceType === "script";
    parse(text, { ecmaVersion: "latest", sourceType, allowHashBang: true, allowReturnOutsideFunction });
    return undefined;
  } catch (error) {
    return String(error);
  }
}

/** A function in a block that sloppy code also sees outside of it (ECMA-262, B.3.3): eslint-scope has it free there. */
const HOISTED_FROM_BLOCKS = new Set(["5b9f113c3bdd0c49.js", "b7cd8df8dc875529.js"]);
/** Of these the second version has other free names. */
const OTHERWISE_CALLED = new Set([
  "247a3a57e8176ebd.js",
  "47f974d6fc52e3e4.js",
  "72d79750e81ef03d.js",
  "96f5d93be9a54573.js",
  "db3c01738aaf0b92.js",
  "e8ea384458526db0.js",
]);

/** With every wish the same, so that each name has to make way for others. */
function renamed(text: string, analysis: Analysis): string {
  const wished = analysis.names.idOf("value");
  return apply(
    text,
    analysis,
    assignNames(analysis, () => wished),
  );
}

describe("programs that are valid", () => {
  it("are renamed to the same but for their names, and bound as eslint-scope has it", () => {
    const faults: string[] = [];
    let read = 0;
    for (const { file, text, sourceType } of [...filesIn("pass"), ...filesIn("pass-explicit")]) {
      if (refusalOf(text, sourceType) !== undefined) continue;
      read++;
      const analysis = analyse(text, sourceType);
      const again = renamed(text, analysis);
      if (signature(again, analyse(again, sourceType, { isCompared: true })) !== signature(text, analysis))
        faults.push(`${file}: ${again}`);
      if (HOISTED_FROM_BLOCKS.has(basename(file))) continue;
      const { unmatched, splits } = compareWithOracle(text, analysis, sourceType);
      for (const fault of [...unmatched, ...splits]) faults.push(`${file}: ${fault}`);
    }
    expect(faults).toEqual([]);
    expect(read).toBeGreaterThan(3800);
  });

  it("have the same bindings with more brackets", () => {
    const faults: string[] = [];
    let compared = 0;
    const explicit = new Map(filesIn("pass-explicit").map((entry) => [entry.file.replace("-explicit", ""), entry]));
    for (const { file, text, sourceType } of filesIn("pass")) {
      const other = explicit.get(file);
      if (!other || OTHERWISE_CALLED.has(basename(file)) || refusalOf(text, sourceType) !== undefined) continue;
      compared++;
      const [one, two] = [text, other.text].map((code) => signature(code, analyse(code, sourceType), true));
      if (one !== two) faults.push(`${file}: ${text}`);
    }
    expect(faults).toEqual([]);
    expect(compared).toBeGreaterThan(1900);
  });
});

it("programs that are not valid are refused as acorn refuses them", () => {
  const faults: string[] = [];
  let refused = 0;
  for (const { file, text, sourceType } of [...filesIn("fail"), ...filesIn("early")]) {
    const refusal = refusalOf(text, sourceType);
    // What is within a pattern is not looked at: it names nothing.
    if (refusal === undefined || /Invalid regular expression|private field/i.test(refusal)) continue;
    refused++;
    try {
      analyse(text, sourceType);
      faults.push(`${file}: ${refusal}`);
    } catch {
      continue;
    }
  }
  expect(faults).toEqual([]);
  expect(refused).toBeGreaterThan(1200);
});
