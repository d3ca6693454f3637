/** Appended, once, and read back by Node's own rules. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { appendPreload } from "../../../src/monitor/remote/node-options.ts";

/** Node's rules, as in ParseNodeOptionsEnvVar of its src/node.cc. */
function split(value: string): string[] {
  const words: string[] = [];
  let isInString = false;
  let willStart = true;
  for (let index = 0; index < value.length; index += 1) {
    let character = value[index] ?? "";
    if (character === "\\" && isInString) character = value[(index += 1)] ?? "";
    else if (character === " " && !isInString) {
      willStart = true;
      continue;
    } else if (character === '"') {
      isInString = !isInString;
      continue;
    }
    if (willStart) words.push(character);
    else words[words.length - 1] += character;
    willStart = false;
  }
  return words;
}

const file = fc
  .string({ unit: fc.constantFrom("a", " ", '"', "\\", "/", "é"), minLength: 1 })
  .map((text) => `/${text}`);

describe("appendPreload", () => {
  it("is read back as the user's words and ours", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("--no-warnings", "--require", '"/a b/c.cjs"', "-r=x")),
        file,
        (words, path) => {
          const user = words.join(" ");
          expect(split(appendPreload(user, path))).toEqual([...split(user), "--require", path]);
        },
      ),
    );
  });

  it("appends once", () => {
    fc.assert(
      fc.property(fc.constantFrom(undefined, "", " ", "--no-warnings"), file, (user, path) => {
        const once = appendPreload(user, path);
        expect(appendPreload(once, path)).toBe(once);
      }),
    );
  });

  it("does not take a longer path for ours", () => {
    expect(appendPreload("--require /a/b.cjs.old", "/a/b.cjs")).toBe("--require /a/b.cjs.old --require /a/b.cjs");
  });
});
