/**
 * The cache of analyses: the same bytes with it and without, whatever became of its files.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { readTables, writeTables } from "../../src/cache/table-file.ts";
import { unminify, type UnminifyOptions } from "../../src/unminify.ts";
import { bundle } from "../support/bundle.ts";
import { SNIPPETS } from "../support/snippets.ts";

const folder = mkdtempSync(join(tmpdir(), "unminify-cache-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const cacheFolder = join(folder, "deep", "cache");

async function rename(text: string, options: UnminifyOptions = {}): Promise<string> {
  const input = join(folder, "in.js");
  const output = join(folder, "out.js");
  writeFileSync(input, text);
  await unminify(input, output, options);
  return readFileSync(output, "utf8");
}

describe("the cache of analyses", () => {
  it.each([
    ["a bundle", bundle(8)],
    [
      "every hard scope",
      Object.values(SNIPPETS)
        .map((body) => `(function(){${body}\n})();`)
        .join("\n"),
    ],
    ["characters beyond ASCII in names", "\uFEFF(function(é){var \\u0061={é};return a.é+'名'})(1)"],
    ["a module", "import{a as b,c}from'./d';const e=b.size;export{e as f,c};export default class g{}"],
    ["nothing", ""],
  ])("changes no byte of %s", async (_what, text) => {
    const plain = await rename(text);
    expect(await rename(text, { cacheFolder })).toBe(plain);
    const before = readdirSync(cacheFolder);
    expect(await rename(text, { cacheFolder })).toBe(plain);
    expect(readdirSync(cacheFolder)).toEqual(before);
    const kept = await rename(text, { keepFunctionNames: true });
    expect(await rename(text, { cacheFolder, keepFunctionNames: true })).toBe(kept);
  });

  it("is used, and not where the file or its kind is another", async () => {
    const own = join(folder, "own");
    const text = bundle(2);
    await rename(text, { cacheFolder: own });
    const [first = ""] = readdirSync(own);
    const { mtimeMs } = statSync(join(own, first));
    await rename(text, { cacheFolder: own });
    expect([readdirSync(own), statSync(join(own, first)).mtimeMs]).toEqual([[first], mtimeMs]);
    await rename(text, { cacheFolder: own, sourceType: "commonjs" });
    await rename(`${text};`, { cacheFolder: own });
    expect(readdirSync(own)).toHaveLength(3);
    expect(statSync(join(own, first)).mode & 0o777).toBe(0o600);
  });

  it("is made anew where it is broken", async () => {
    const own = join(folder, "broken");
    const text = bundle(1);
    const plain = await rename(text, { cacheFolder: own });
    const path = join(own, readdirSync(own)[0] ?? "");
    const whole = readFileSync(path);
    for (const at of [0, 5, 100, whole.length >> 1, whole.length - 1]) {
      const broken = Buffer.from(whole);
      broken[at] = (broken[at] ?? 0) ^ 0x55;
      for (const bytes of [broken, whole.subarray(0, at)]) {
        writeFileSync(path, bytes);
        expect(await rename(text, { cacheFolder: own })).toBe(plain);
        expect(readFileSync(path).equals(whole)).toBe(true);
      }
    }
  });

  it("says where it cannot be", async () => {
    writeFileSync(join(folder, "file"), "");
    await expect(rename("a", { cacheFolder: join(folder, "file") })).rejects.toThrow(/--disk-cache .* cannot be made/);
  });
});

describe("a file of tables", () => {
  const path = join(folder, "tables");
  const numbers = fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { maxLength: 50 });

  it("is read as it was written", () => {
    fc.assert(
      fc.property(fc.array(numbers, { maxLength: 8 }), fc.array(fc.string({ unit: "grapheme" })), (columns, names) => {
        writeTables(
          path,
          names,
          columns.map((column) => Uint32Array.from(column)),
        );
        const read = readTables(path);
        expect(read?.names).toEqual(names);
        expect(read?.columns.map((column) => [...column])).toEqual(columns);
      }),
    );
  });

  it("is none when a byte of it is another", () => {
    fc.assert(
      fc.property(
        fc.array(numbers, { maxLength: 4 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (columns, at, flip) => {
          writeTables(
            path,
            ["a", "bc"],
            columns.map((column) => Uint32Array.from(column)),
          );
          const bytes = readFileSync(path);
          bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ flip;
          writeFileSync(path, bytes);
          expect(readTables(path)).toBeUndefined();
        },
      ),
    );
  });

  it("is none where there is none, and leaves nothing where it cannot be written", () => {
    expect(readTables(join(folder, "none"))).toBeUndefined();
    mkdirSync(join(folder, "taken"), { recursive: true });
    writeFileSync(join(folder, "taken", "x"), "");
    expect(() => writeTables(join(folder, "taken"), [], [])).toThrow(/cannot be written/);
    expect(readdirSync(folder).filter((name) => name.endsWith(".part"))).toEqual([]);
  });
});
