/** Positions in built files, mapped by the maps that compilers really write. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SourcePositions } from "../../../src/monitor/remote/source-positions.ts";

const SOURCE = `// A comment that is dropped.
interface Kept { index: number }

type Unused = string;

export function keep(index: number): Kept {
  return { index };
}
`;
let directory = "";

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "maps-"));
  mkdirSync(join(directory, "dist"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Compiles the source and returns where `keep` is in the result. */
function build(name: string, options: ts.CompilerOptions): { file: string; line: number; column: number } {
  const compiled = ts.transpileModule(SOURCE, {
    fileName: "../src/keep.ts",
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022, removeComments: true, ...options },
  });
  const file = join(directory, "dist", name);
  const text = compiled.outputText.replace(/sourceMappingURL=\S*keep\.js\.map/, `sourceMappingURL=${name}.map`);
  writeFileSync(file, text);
  if (compiled.sourceMapText)
    writeFileSync(`${file}.map`, compiled.sourceMapText.replace('"keep.ts"', '"../src/keep.ts"'));
  const lines = text.split("\n");
  const line = lines.findIndex((one) => one.includes("function keep"));
  return { file, line: line + 1, column: (lines[line] ?? "").indexOf("(") + 1 };
}

describe("SourcePositions", () => {
  it("follows a map file beside the built file", () => {
    const at = build("beside.js", { sourceMap: true });
    const mapped = new SourcePositions().map({ function: "keep", ...at });
    expect(at.line).not.toBe(6);
    expect(mapped).toMatchObject({ function: "keep", file: join(directory, "src/keep.ts"), line: 6 });
  });

  it("follows a map that is inline, also a long one", () => {
    const at = build("inline.js", { inlineSourceMap: true, inlineSources: true });
    expect(new SourcePositions().map({ function: "keep", ...at })).toMatchObject({ line: 6 });
    const long = build("long.js", { sourceMap: true });
    const map = JSON.stringify({
      version: 3,
      sources: ["x.ts"],
      names: [],
      mappings: "AAAA",
      padding: "x".repeat(20_000),
    });
    writeFileSync(
      long.file,
      `f();\n//# sourceMappingURL=data:application/json;base64,${Buffer.from(map).toString("base64")}\n`,
    );
    expect(new SourcePositions().map({ function: "f", file: long.file, line: 1, column: 1 }).file).toMatch(/x\.ts$/);
  });

  it("applies the map's sourceRoot", () => {
    const at = build("rooted.js", { sourceMap: true, sourceRoot: "/root/of/it" });
    expect(new SourcePositions().map({ function: "keep", ...at }).file).toMatch(/^\/root\/of\//);
  });

  it("leaves a position as it is where no map tells", () => {
    const positions = new SourcePositions();
    writeFileSync(join(directory, "plain.js"), "f();\n");
    writeFileSync(join(directory, "broken.js"), "f();\n//# sourceMappingURL=missing.map\n");
    writeFileSync(join(directory, "garbage.js"), "f();\n//# sourceMappingURL=data:application/json;base64,AAAA\n");
    for (const file of ["plain.js", "broken.js", "garbage.js", "missing.js"].map((name) => join(directory, name))) {
      const location = { function: "f", file, line: 1, column: 1 };
      expect(positions.map(location)).toEqual(location);
    }
    for (const file of ["node:fs", "[eval]", "(no file)"]) {
      const location = { function: "f", file, line: 1, column: 1 };
      expect(positions.map(location)).toBe(location);
    }
  });

  it("gives equal positions as one object", () => {
    const positions = new SourcePositions();
    const [one, two] = [0, 1].map(() => positions.map({ function: "f", file: "/nowhere.js", line: 1, column: 1 }));
    expect(one).toBe(two);
  });
});
