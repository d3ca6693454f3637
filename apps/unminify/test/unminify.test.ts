/**
 * From file to file: awkward encodings, modules, limits, bad input and full disks.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { unminify } from "../src/unminify.ts";

const folder = mkdtempSync(join(tmpdir(), "unminify test "));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Renames a text; returns what was written and what was said. */
async function rename(text: string | Buffer, options: Parameters<typeof unminify>[2] = {}) {
  const input = join(folder, "in.js");
  const output = join(folder, "out.js");
  writeFileSync(input, text);
  const result = await unminify(input, output, options);
  return { result, written: readFileSync(output, "utf8") };
}

describe("texts beyond ASCII", () => {
  it.each([
    ["in a text", "(function(){var a={size:1};var b=a.size;return 'é名'+b})()", "var size = a.size"],
    ["in a template", "(function(){var a={size:1};var b=a.size;return `é名${b}`})()", ""],
    ["in a pattern", "(function(){var a={size:1};var b=a.size;return /[а-я]/u.test(b)})()", ""],
    ["in a comment", "(function(){var a={size:1};/* é */var b=a.size;return b})() // 名", ""],
    ["in a name", "(function(){var é={size:1};var b=é.size;return b})()", ""],
    ["as white space", "(function(){var a={size:1};var\u00A0b\u00A0=\u3000a.size;return b})()", ""],
    ["as the end of a comment", "(function(){var a={size:1};var b=0;//x\u2028b=a.size\nreturn b})()", ""],
    ["before all", "\uFEFF(function(){var a={size:1};var b=a.size;return b})()", ""],
    ["beyond the basic plane", "(function(){var 𝒳={size:1};var b=𝒳.size;return '😀'+b})()", ""],
  ])("%s", async (_where, text) => {
    const { written } = await rename(text);
    expect(written).toMatch(/\bsize\b\s*=\s*|size=/);
    // oxlint-disable-next-line no-eval -- the text is written above
    const [before, after] = [text, written].map((code) => (0, eval)(code) as unknown);
    expect(after).toEqual(before);
  });

  it("keeps a hashbang", async () => {
    const { written } = await rename("#!/usr/bin/env node\n(function(){var a={size:1};return a.size})()");
    expect(written).toMatch(/^#!\/usr\/bin\/env node\n/);
  });
});

describe("chunks", () => {
  const text = `(function(){${"var a={size:1};(function(e){var t=e.size,n=e.shape;return{t,n}})(a);".repeat(300)}})()`;
  it.each([1, 7, 64, 4096])("of %i characters give the same bytes", async (chunkCharacters) => {
    const { written: whole } = await rename(text, { chunkCharacters: Number.MAX_SAFE_INTEGER });
    const { written } = await rename(text, { chunkCharacters });
    expect(written).toBe(whole);
  });
});

describe("modules", () => {
  const library =
    "const a=1;function f(e){return e.size+a}class C{m(){return f({size:2})}}export{f as measure,C as Box,a};export default f;export const kept=new C;";
  const user =
    'import d,{measure as m,Box,a}from"./library.mjs";import*as n from"./library.mjs";const q=new Box;console.log(JSON.stringify([m({size:3}),q.m(),a,typeof d,Object.keys(n).sort(),n.kept.m()]));';

  function run(texts: Readonly<Record<string, string>>): string {
    for (const [name, text] of Object.entries(texts)) writeFileSync(join(folder, name), text);
    return execFileSync(process.execPath, [join(folder, "user.mjs")], { encoding: "utf8", timeout: 20_000 });
  }

  it("export and import by the same names", async () => {
    const expected = run({ "library.mjs": library, "user.mjs": user });
    const { written, result } = await rename(library);
    const renamed = { "library.mjs": written, "user.mjs": (await rename(user)).written };
    expect(renamed["library.mjs"]).toContain("size");
    expect(run(renamed)).toBe(expected);
    expect(result.sourceType).toBe("module");
  });

  it("keep what a script shows to other scripts", async () => {
    const { written, result } = await rename(
      "var a = { size: 1 }; function b(e) { var t = e.size; return t } class C {}",
    );
    expect(written).toMatch(/var a = .*function b\(\w+\).*class C/);
    expect(result.kept).toBe(3);
    const inside = await rename("var a = { size: 1 }, b = a.size;", { sourceType: "commonjs" });
    expect(inside.written).toBe("var a = { size: 1 }, size = a.size;");
  });
});

describe("formatting", () => {
  const text =
    "(function(){const t={size:1,é:'名'};const n=t.size;return(0,function(e){return[{t,n,size:e.size},n]})(t)})()";

  it("gives lines to what was renamed, checks it again, and does what it did", async () => {
    const { written, result } = await rename(text, { format: true });
    expect(written).toMatch(/\n {2,}const size = /);
    expect(written).toContain("é: ");
    expect(result.isVerified).toBe(true);
    expect(result.phases.map(({ phase }) => phase)).toEqual([
      "read",
      "analyse",
      "name",
      "write",
      "verify",
      "format",
      "verify",
    ]);
    expect(result.outputBytes).toBe(Buffer.byteLength(written));
    // oxlint-disable-next-line no-eval -- the text is written above
    expect((0, eval)(written)).toEqual((0, eval)(text));
  });

  it("is refused before any work where it does not fit, with the figure", async () => {
    const { result } = await rename(text);
    const limit = { maxMemoryBytes: result.estimate.peakBytes };
    expect((await rename(text, limit)).written).toContain("size");
    await expect(rename(text, { ...limit, format: true })).rejects.toThrow(/needs about \d+ MB, more than the \d+ MB/);
  });
});

describe("limits and bad input", () => {
  it("refuses before any work what would need too much, with the figure", async () => {
    await expect(rename("var a", { maxMemoryBytes: 2 ** 20 })).rejects.toThrow(
      /needs about \d+ MB, more than the 1 MB/,
    );
  });

  it.each([
    ["var a = ;", /cannot be parsed: Unexpected token \(1:8\)/],
    ["function (", /cannot be parsed/],
    ["'\u00e9'; var a = ;", /cannot be parsed: Unexpected token \(1:13\)/],
  ])("%s", async (text, message) => {
    await expect(rename(text)).rejects.toThrow(message);
  });

  it("says what is no file", async () => {
    await expect(unminify(join(folder, "none.js"), join(folder, "out.js"))).rejects.toThrow(/there is no such file/);
    await expect(unminify(folder, join(folder, "out.js"))).rejects.toThrow(/it is a folder/);
  });

  it("leaves nothing behind where it cannot write", async () => {
    const input = join(folder, "in.js");
    writeFileSync(input, "(function(){var a={size:1},b=a.size;return b})()");
    await expect(unminify(input, "/dev/full", { verify: false })).rejects.toThrow(/cannot be written: ENOSPC/);
    await expect(unminify(input, "/dev/full")).rejects.toThrow(/cannot be read again to be checked/);
    await expect(unminify(input, join(folder, "no", "out.js"))).rejects.toThrow(/cannot be written/);
    expect(readdirSync(folder).filter((name) => name.endsWith(".part"))).toEqual([]);
  });

  it("keeps the names of functions and classes where it is asked to", async () => {
    const text = "(function(){function a(e){return e.size}var c=class b{};return [a.name,c.name,{run:a,Box:c}]})()";
    const kept = await rename(text, { keepFunctionNames: true });
    expect(kept.written).toMatch(/function a\(.*class b/);
    const renamed = await rename(text);
    expect(renamed.written).toMatch(/function run\(/);
  });

  it("accepts an empty file", async () => {
    const { written } = await rename("");
    expect(written).toBe("");
  });
});
