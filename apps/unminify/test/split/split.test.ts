/**
 * Bundles in parts: they do what the whole did, and put together again they are the whole.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { joinSplit } from "../../src/split/split-files.ts";
import { unminify } from "../../src/unminify.ts";

const folder = mkdtempSync(join(tmpdir(), "unminify-split-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const RUNTIME =
  "var r={};function o(n){return r[n]||(r[n]={exports:{}},e[n].call(r[n].exports,r[n],r[n].exports,o)),r[n].exports}";
const SIZE = "var a={size:7,é:'ß'};t.size=a.size;t.strict=function(){return this===void 0}();t.name=";
const webpack = (modules: string, before = "", after = ""): string =>
  `${before}(()=>{var e=${modules};${RUNTIME}module.exports=o(1)})();${after}`;

/** Each bundle leaves something in `module.exports`. */
const BUNDLES: Readonly<Record<string, { text: string; files: number; kept: readonly string[] }>> = {
  "webpack's by key": {
    text: webpack(
      `{1:function(e,t,n){${SIZE}n(22).name+n("./c").name},22:(e,t,n)=>{t.name="b"},"./c":function(e,t){t.name=arguments.length+"c"}}`,
    ),
    files: 3,
    kept: [],
  },
  "webpack's, strict around": {
    text: webpack(
      `{1:function(e,t,n){${SIZE}n(22).name},22:(e,t,n)=>{t.name=function(){return typeof this}()},3:e=>{}}`,
      '"use strict";',
    ),
    files: 3,
    kept: [],
  },
  "methods for functions": {
    text: webpack(
      `{1(e,t,n){${SIZE}n(22).name+n.name},22(e,t){t.name=Object.keys(e)},"./long/path.js"(e,t){t.name=1}}`,
    ),
    files: 3,
    kept: [],
  },
  "webpack's by index": {
    text: webpack(`[,function(e,t,n){${SIZE}n(2).name+n(3).name},(e,t)=>{t.name="b"},function(e,t,n){t.name="c"}]`),
    files: 3,
    kept: [],
  },
  "Browserify's": {
    text: `(function(e,t,n){function r(n){if(t[n])return t[n].exports;var o=t[n]={exports:{}};e[n][0].call(o.exports,function(t){return r(e[n][1][t])},o,o.exports);return o.exports}module.exports=r(1)})({1:[function(require,module,exports){exports.b=require("./b").b+require("./c").c},{"./b":2,"./c":3}],2:[function(require,module,exports){exports.b=arguments.length},{}],3:[function(e,t,n){n.c=5},{}]},{},[1]);`,
    files: 3,
    kept: [],
  },
  "one that reads what is around": {
    text: webpack(
      `{1:function(e,t,n){${SIZE}n(22).name+n(3).name},22:(e,t)=>{t.name=s},3:(e,t)=>{t.name=1}}`,
      "",
      "",
    ).replace("var e=", "var s='around',e="),
    files: 2,
    kept: ["reads s of the code around it"],
  },
  "arrows that read this": {
    text: webpack(
      `{1:function(e,t,n){${SIZE}[n(22).name,n(3).name,n(4).name]},22:(e,t)=>{t.name=typeof this},3:(e,t)=>{t.name=function(){return typeof this.x+arguments.length}.call({},1)},4:(e,t)=>{t.name=(()=>arguments.length)()}}`,
    ).replace("(()=>{", "(function(){"),
    files: 2,
    kept: ["reads this or arguments of the code around it", "reads this or arguments of the code around it"],
  },
  "one that asks for its file": {
    text: webpack(
      `{1:function(e,t,n){${SIZE}[n(22).name,n(3).name]},22:(e,t)=>{t.name=typeof require},3:(e,t)=>{t.name=eval("typeof r")}}`,
    ),
    files: 1,
    kept: ["reads require, which is another in each file", "reads eval, which is another in each file"],
  },
  "a key that two files would share": {
    text: webpack(
      `{1:function(e,t,n){${SIZE}n("a/b").name+n("A?b").name},"a/b":(e,t)=>{t.name="x"},"A?b":(e,t)=>{t.name="y"}}`,
    ),
    files: 3,
    kept: [],
  },
};

/** What a file leaves in `module.exports`. */
function run(file: string): string {
  return JSON.stringify(createRequire(import.meta.url)(file));
}

describe.each(Object.entries(BUNDLES))("%s", (name, { text, files, kept }) => {
  it("does the same in parts, and is the same put together", async () => {
    const place = join(folder, name.replaceAll(/\W+/g, "-"));
    mkdirSync(place);
    const input = join(place, "in.cjs");
    writeFileSync(input, text);
    for (const collect of [true, false]) {
      const whole = join(place, "whole.cjs");
      const parts = join(place, `parts ${collect}`);
      // The cache must know of the map what the analysis knew.
      const result = await unminify(input, parts, { split: true, cacheFolder: join(place, "cache"), collect });
      expect(result).toMatchObject({ split: { files, kept: kept.length }, isVerified: true });
      const list = JSON.parse(readFileSync(join(parts, "modules.json"), "utf8")) as { kept: { reason: string }[] };
      expect(list.kept.map(({ reason }) => reason)).toEqual(kept);
      expect(readdirSync(parts)).toHaveLength(files + 2);
      await unminify(input, whole);
      expect(joinSplit(parts)).toBe(readFileSync(whole, "utf8"));
      expect(run(input)).not.toBe("{}");
      expect([run(whole), run(join(parts, "index.cjs"))]).toEqual([run(input), run(input)]);
    }
  });
});

describe("what cannot be split", () => {
  it.each([
    ["no map", "(function(){var a={size:1};return a.size})()", /has no module map .* Leave out --split/],
    [
      "modules that all read what is around",
      webpack("{1:function(e,t){t.a=s},2:()=>s,3:()=>s}", "", "").replace("var e=", "var s='around',e="),
      /each of its 3 modules reads s of the code around it/,
    ],
    [
      "a direct eval around",
      webpack("{1:function(e,t){t.a=1},2:()=>2,3:()=>3}", "", "").replace("var e=", "var s=eval('1'),e="),
      /a direct eval may declare/,
    ],
    [
      "a with around",
      webpack("{1:function(e,t){t.a=1},2:()=>2,3:()=>3}")
        .replace("(()=>{", "(()=>{with({e:1}){")
        .replace("})();", "}})();"),
      /a with decides/,
    ],
    ["an ES module", `${webpack("{1:function(e,t){t.a=1},2:()=>2,3:()=>3}")}export{}`, /is an ES module/],
  ])("%s", async (_what, text, message) => {
    const input = join(folder, "in.js");
    writeFileSync(input, text);
    await expect(unminify(input, join(folder, "none"), { split: true })).rejects.toThrow(message);
    expect(existsSync(join(folder, "none"))).toBe(false);
  });

  it("a folder that holds something stays as it is", async () => {
    const input = join(folder, "in.js");
    writeFileSync(input, webpack("{1:function(e,t){t.a=1},2:()=>2,3:()=>3}"));
    const full = join(folder, "full");
    mkdirSync(full);
    writeFileSync(join(full, "mine"), "");
    await expect(unminify(input, full, { split: true })).rejects.toThrow(/holds something already/);
    expect(readdirSync(full)).toEqual(["mine"]);
    expect(() => joinSplit(full)).toThrow(/is no bundle in parts/);
    await unminify(input, join(folder, "empty"), { split: true });
    rmSync(join(folder, "empty", "module-2.cjs"));
    expect(() => joinSplit(join(folder, "empty"))).toThrow(/is no bundle in parts/);
  });
});
