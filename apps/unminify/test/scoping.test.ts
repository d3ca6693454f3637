/**
 * Programs are run before and after: with readable names, with names that all collide, with names that
 * others have already, and with names that never collide.
 */
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { proposeNames } from "../src/naming/offline-names.ts";
import { assignNames, type Wish } from "../src/rename/assign-names.ts";
import { analyse, type Analysis } from "../src/scope/analyse.ts";
import { apply } from "./support/apply.ts";
import { SNIPPETS } from "./support/snippets.ts";

/** What a namer wishes, given what is known of the program. */
const NAMERS: Readonly<Record<string, (analysis: Analysis) => Wish>> = {
  "readable names": (analysis) => {
    const proposals = proposeNames(analysis);
    return (root) => proposals.get(root)?.name;
  },
  "one name for all": ({ names }) => {
    const name = names.idOf("x");
    return () => name;
  },
  "a name that stands elsewhere": ({ names, bindings }) => {
    const count = names.size;
    return (root) => (bindings.names.get(root) + 1) % count;
  },
  "names of their own":
    ({ names }) =>
    (root) =>
      names.idOf(`name_${root}_`),
};

function run(code: string): unknown {
  try {
    return JSON.stringify(runInNewContext(code, {}, { timeout: 5000 }));
  } catch (error) {
    return `threw ${String(error)}`;
  }
}

describe("a program means the same", () => {
  it.each(Object.entries(SNIPPETS))("%s", (_name, body) => {
    const code = `(function () { ${body}\n})()`;
    const expected = run(code);
    expect(expected).toBeDefined();
    expect(expected).not.toContain("SyntaxError: ");
    for (const [namer, wishes] of Object.entries(NAMERS)) {
      const analysis = analyse(code, "script");
      const renamed = apply(code, analysis, assignNames(analysis, wishes(analysis)));
      expect([namer, renamed, run(renamed)]).toEqual([namer, renamed, expected]);
    }
  });
});
