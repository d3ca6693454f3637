/**
 * The architecture as DESIGN states it: direction of imports without cycles (types included), small
 * files with a header, named exports, printing in the command line alone, a self-contained preload.
 * Each rule is also shown to fail on a small bad input.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  fileBreaches,
  forbiddenImports,
  importCycles,
  importsOf,
  preloadBreaches,
  type Sources,
} from "./support/architecture.ts";

const ROOT = join(import.meta.dirname, "..");
const HEADER = "/**\n * What this file is for, in enough words,\n * and the idea or limit behind it.\n */\n";

function readSources(): Sources {
  const files = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
    .map((file) => `src/${file.replaceAll("\\", "/")}`)
    // AssemblyScript has imports and types of its own.
    .filter((file) => /\.c?ts$/.test(file) && !file.startsWith("src/heap/wasm/"))
    .sort();
  return new Map(files.map((file) => [file, readFileSync(join(ROOT, file), "utf8")]));
}

const sources = readSources();

describe("the source tree", () => {
  it("is not empty", () => expect(sources.size).toBeGreaterThan(5));
  it("imports only downwards", () => expect(forbiddenImports(sources)).toEqual([]));
  it("has no cycles of imports", () => expect(importCycles(sources)).toEqual([]));
  it("keeps the preload self-contained", () => expect(preloadBreaches(sources)).toEqual([]));
  it("keeps the rules for files", () => {
    expect([...sources].flatMap(([path, text]) => fileBreaches(path, text))).toEqual([]);
  });
});

describe("the rules themselves", () => {
  it("see every form of import", () => {
    const text = `
      import "./a.ts"; import b from "./b.ts"; import type { C } from "./c.ts"; import { type D } from "./d.ts";
      export * from "./e.ts"; export type { F } from "./f.ts"; import g = require("./g.ts");
      type H = import("./h.ts").H; const i = await import("./i.ts"); const j = require("./j.ts");`;
    const found = importsOf("src/base/x.ts", text);
    expect(found.map(({ specifier }) => specifier)).toEqual("abcdefghij".split("").map((name) => `./${name}.ts`));
    expect(found.filter(({ typeOnly }) => typeOnly).map(({ specifier }) => specifier)).toEqual(
      "cdfh".split("").map((name) => `./${name}.ts`),
    );
    expect(found.filter(({ lazy }) => lazy)).toHaveLength(2);
  });

  it("refuse an import upwards, even of a type", () => {
    const bad = new Map([
      ["src/base/a.ts", 'import type { B } from "../probe/b.ts";'],
      ["src/probe/b.ts", ""],
    ]);
    expect(forbiddenImports(bad)).toEqual(["src/base/a.ts: base may not import probe (../probe/b.ts)"]);
  });

  it("refuse any import of the command line", () => {
    const bad = new Map([
      ["src/monitor/a.ts", 'const x = import("../cli/b.ts");'],
      ["src/cli/b.ts", ""],
    ]);
    expect(forbiddenImports(bad)).toHaveLength(1);
  });

  it("refuse an unknown part and a missing file", () => {
    const bad = new Map([
      ["src/stuff/a.ts", ""],
      ["src/base/b.ts", 'import "./nothing.ts";'],
    ]);
    expect(forbiddenImports(bad)).toHaveLength(2);
  });

  it("find a cycle through types", () => {
    const bad = new Map([
      ["src/base/a.ts", 'import "./b.ts";'],
      ["src/base/b.ts", 'import type { C } from "./c.ts";'],
      ["src/base/c.ts", 'type A = import("./a.ts").A;'],
      ["src/base/d.ts", 'import "./a.ts";'],
    ]);
    expect(importCycles(bad)).toEqual([["src/base/a.ts", "src/base/b.ts", "src/base/c.ts", "src/base/a.ts"]]);
  });

  it("refuse a preload that loads more than Node and itself", () => {
    const bad = new Map([
      [
        "src/preload/a.cts",
        'import { x } from "../base/y.ts"; import type { T } from "../base/t.ts"; import fs = require("node:fs");',
      ],
      ["src/preload/b.ts", 'import "./a.cts"; import "picocolors"; void import("koffi");'],
    ]);
    expect(preloadBreaches(bad)).toEqual([
      "src/preload/a.cts: loads ../base/y.ts at once",
      "src/preload/b.ts: the preload is CommonJS, so its files end in .cts",
      "src/preload/b.ts: loads picocolors at once",
    ]);
  });

  it.each([
    ["401 lines", "src/base/a.ts", `${HEADER}${"\n".repeat(397)}`],
    ["a folder that says nothing", "src/base/utils/a.ts", HEADER],
    ["a name that is not kebab-case", "src/base/fooBar.ts", HEADER],
    ["no header", "src/base/a.ts", "export const a = 1;\n"],
    ["a header that says nothing", "src/base/a.ts", "/** Things. */\n"],
    ["a header that says too much", "src/base/a.ts", `/**\n${" * And another line of it.\n".repeat(7)} */\n`],
    ["a default export", "src/base/a.ts", `${HEADER}export default 1;\n`],
    ["a default function", "src/base/a.ts", `${HEADER}export default function f() {}\n`],
    ["console", "src/base/a.ts", `${HEADER}console.log(1);\n`],
    ["process.stderr", "src/base/a.ts", `${HEADER}process.stderr.write("a");\n`],
    ["a stream handed on", "src/base/a.ts", `${HEADER}const out = process.stdout;\n`],
  ])("refuse %s", (_what, path, text) => {
    expect(fileBreaches(path, text)).toHaveLength(1);
  });

  it("let anybody ask whether there is a terminal", () => {
    expect(fileBreaches("src/base/a.ts", `${HEADER}export const live = process.stderr.isTTY;\n`)).toEqual([]);
  });

  it("let the command line print", () => {
    expect(fileBreaches("src/cli/a.ts", `#!/usr/bin/env node\n${HEADER}console.log(1);\n`)).toEqual([]);
  });
});
