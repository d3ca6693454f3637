/**
 * Names from source maps: real and random ones against a library that reads them whole, and all that
 * can be wrong with one.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eachMapping, TraceMap } from "@jridgewell/trace-mapping";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { readMap } from "../../src/map/map-reader.ts";
import { namesFromMap } from "../../src/map/names-from-map.ts";
import { TextCursor } from "../../src/map/text-cursor.ts";
import { proposeNames } from "../../src/naming/offline-names.ts";
import { unminify } from "../../src/unminify.ts";

const folder = mkdtempSync(join(tmpdir(), "unminify-map-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const mapPath = join(folder, "in.js.map");

type Segment = readonly [line: number, column: number, name: string];

/** A map with these names at these places. */
function mapOf(segments: readonly Segment[], more: Readonly<Record<string, unknown>> = {}): string {
  const names = [...new Set(segments.map(([, , name]) => name))];
  let [line, column, before] = [0, 0, 0];
  let mappings = "";
  for (const [index, [toLine, toColumn, name]] of segments.entries()) {
    const isNewLine = toLine > line;
    mappings += isNewLine ? ";".repeat(toLine - line) : index > 0 ? "," : "";
    if (isNewLine) column = 0;
    const id = names.indexOf(name);
    mappings += [toColumn - column, 0, 0, 0, id - before].map(digitsOf).join("");
    [line, column, before] = [toLine, toColumn, id];
  }
  return JSON.stringify({ ...more, version: 3, sources: ["in.ts"], names, mappings });
}

function digitsOf(value: number): string {
  let rest = value < 0 ? -value * 2 + 1 : value * 2;
  let digits = "";
  do {
    const digit = (rest % 32) + (rest >= 32 ? 32 : 0);
    digits += "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".charAt(digit);
    rest = Math.floor(rest / 32);
  } while (rest > 0);
  return digits;
}

/** A map that names single letters by what they are to be called, wherever they stand. */
function mapFor(text: string, names: Readonly<Record<string, string>>): string {
  const segments: Segment[] = [];
  for (const [line, content] of text.split("\n").entries())
    for (const { 0: letter, index } of content.matchAll(/(?<![\w.'])[a-z](?!\w)/g)) {
      const name = names[letter];
      if (name !== undefined) segments.push([line, index, name]);
    }
  return mapOf(segments);
}

async function rename(text: string, map: string) {
  const input = join(folder, "in.js");
  const output = join(folder, "out.js");
  writeFileSync(input, text);
  writeFileSync(mapPath, map);
  const result = await unminify(input, output, {
    names: (analysis, source) => namesFromMap(mapPath, analysis, source, proposeNames(analysis)),
  });
  return { result, written: readFileSync(output, "utf8") };
}

describe("a source map", () => {
  it("gives the authors' names, and leaves the rest to the source", async () => {
    const text = "(function(a,b){\nvar c=a.size;return c+b})(1,2)";
    const { written, result } = await rename(text, mapFor(text, { a: "box", b: "margin" }));
    expect(written).toBe("(function(box,margin){\nvar size=box.size;return size+margin})(1,2)");
    expect(result.evidence).toEqual({ "source map": 2, "property read": 1 });
  });

  it("counts in UTF-16 units, whatever the text is read as", async () => {
    for (const text of [
      "(function(a,b){var c='é名😀',d=a;\nreturn/*é*/c+d+b})(1,2)",
      "(function(a,b){var é='é名😀',d=a;\nreturn/*é*/é+d+b})(1,2)",
    ]) {
      const { written } = await rename(text, mapFor(text, { a: "box", b: "margin", d: "copy" }));
      expect(written).toContain("copy=box;");
      expect(written).toMatch(/\+copy\+margin/);
    }
  });

  it("is outvoted by itself where it contradicts itself, and ignored where it names nothing", async () => {
    const text = "(function(a){return a+a+a})(1)";
    const named = mapOf([
      [0, 10, "width"],
      [0, 20, "count"],
      [0, 22, "width"],
      [0, 24, "größe"],
    ]);
    const { written } = await rename(text, named);
    expect(written).toBe("(function(width){return width+width+width})(1)");
    const unusable = mapFor("(function(a,b){return a+b})(1)", { a: "this", b: "margin" });
    const other = await rename("(function(a,b){return a+b})(1)", unusable);
    expect(other.written).toBe("(function(a,margin){return a+margin})(1)");
  });

  it("takes names that collide", async () => {
    const text = "(function(a){return function(b){return a+b}})(1)(2)";
    const { written } = await rename(text, mapFor(text, { a: "value", b: "value" }));
    expect(written).toBe("(function(value){return function(value2){return value+value2}})(1)(2)");
  });
});

describe("a source map that is no use", () => {
  const text = "(function(a,b){return a+b})(1,2)";
  const good = mapFor(text, { a: "box", b: "margin" });
  const many = `(function(a,b){return ${"a+b+".repeat(30)}a})(1,2)`;

  it.each([
    ["is empty", "", /it holds no JSON object/],
    ["is cut off", good.slice(0, -20), /it ends in the middle/],
    ["is cut off in its mappings", good.slice(0, good.indexOf("mappings") + 14), /it ends in the middle/],
    ["is no JSON", "{a: 1}", /it is not JSON/],
    ["has no mappings", '{"version":3,"names":[]}', /it has no `mappings`/],
    ["has mappings of another kind", '{"version":3,"mappings":[]}', /its `mappings` are no text/],
    ["has broken mappings", good.replace(/"mappings":"/, '"mappings":"!'), /its `mappings` hold something else/],
    ["has a broken number", '{"names":[],"mappings":"gggggggggggg"}', /its `mappings` hold something else/],
    ["ends within a number", '{"names":[],"mappings":"AAAAg"}', /its `mappings` hold something else/],
    ["has names of another kind", '{"version":3,"names":{},"mappings":""}', /its `names` are no list/],
    ["is an index", '{"version":3,"sections":[{"offset":{"line":0,"column":0}}]}', /index of several maps/],
    ["names nothing", '{"version":3,"names":[],"mappings":"AAAA"}', /names nothing that/],
  ])("because it %s", async (_why, map, message) => {
    await expect(rename(text, map)).rejects.toThrow(message);
    await expect(rename(text, map)).rejects.toMatchObject({ code: "BAD_MAP" });
  });

  it("because it is of another file", async () => {
    const wrong = mapFor(many.replaceAll("+", "\n\n\n"), { a: "box", b: "margin" });
    await expect(rename(many, wrong)).rejects.toThrow(/is the map of another file than .*in\.js: \d+ of its \d+ named/);
    const random = mapOf([...many.matchAll(/[ab]/g)].map(({ index }, at) => [0, index, `name${at % 11}`]));
    await expect(rename(many, random)).rejects.toThrow(/\b7 % of those that stand for one variable agree/);
  });

  it("because it is not there", () => {
    expect(() => readMap(join(folder, "none.map"), () => {})).toThrow(
      /none\.map cannot be read: there is no such file/,
    );
    expect(() => readMap(folder, () => {})).toThrow(/no source map that can be used: it cannot be read/);
  });
});

it("is read as a whole reader reads it, wherever its chunks end", () => {
  const name = fc.stringMatching(/^[a-z"\\/é\n]{1,6}$/);
  const place = fc.tuple(fc.nat(300), fc.nat(100_000), name);
  const extra = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }));
  fc.assert(
    fc.property(fc.array(place, { maxLength: 60 }), extra, fc.nat(140_000), (places, more, padding) => {
      const segments = places.sort(([line, column], [line2, column2]) => line - line2 || column - column2);
      const { names: _, mappings: __, sections: ___, ...rest } = more;
      const map = mapOf(segments, {
        sourcesContent: [`"${"\\".repeat(padding % 7)}`.padEnd(padding)],
        ...rest,
      });
      const parsed = { ...(JSON.parse(map) as object), sources: ["in.ts"], sourceRoot: "" };
      writeFileSync(mapPath, map);
      const found: [number, number, number][] = [];
      const names = readMap(mapPath, (...segment) => found.push(segment));
      const expected: Segment[] = [];
      eachMapping(
        new TraceMap(parsed as ConstructorParameters<typeof TraceMap>[0]),
        ({ generatedLine, generatedColumn, name: said }) => {
          if (said !== null) expected.push([generatedLine - 1, generatedColumn, said]);
        },
      );
      expect(found.map(([line, column, index]) => [line, column, names[index]])).toEqual(expected);
    }),
    { numRuns: 100 },
  );
});

it("finds places in bytes as in characters", () => {
  const text = fc
    .array(fc.constantFrom("a", "é", "名", "😀", "\n", "\r\n"), { maxLength: 40 })
    .map((parts) => parts.join(""));
  fc.assert(
    fc.property(text, fc.array(fc.tuple(fc.nat(6), fc.nat(12)), { maxLength: 20 }), (characters, places) => {
      const bytes = Buffer.from(characters).toString("latin1");
      const [inText, inBytes] = [new TextCursor(characters, false), new TextCursor(bytes, true)];
      for (const [line, column] of places.sort(([a, c], [b, d]) => a - b || c - d)) {
        const offset = inText.seek(line, column);
        // Nothing begins in the middle of a character beyond 16 bits.
        if (offset !== undefined && /[\uDC00-\uDFFF]/.test(characters.charAt(offset))) return;
        const expected = offset === undefined ? undefined : Buffer.byteLength(characters.slice(0, offset));
        expect([line, column, inBytes.seek(line, column)]).toEqual([line, column, expected]);
      }
    }),
  );
});
