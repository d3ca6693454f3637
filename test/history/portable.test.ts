/** The store runs in browsers: what its browser entry reaches imports no module of Node.js and no package. */
import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { importsOf } from "../support/architecture.ts";

const SOURCE = join(import.meta.dirname, "..", "..", "src");

/** Every import of `entry` and of what it imports, except relative ones. */
function outsideImports(entry: string): { readonly files: string[]; readonly outside: string[] } {
  const files = [join(SOURCE, entry)];
  const outside: string[] = [];
  for (const file of files) {
    for (const { specifier, typeOnly } of importsOf(file, readFileSync(file, "utf8"))) {
      if (!specifier.startsWith(".")) outside.push(`${relative(SOURCE, file)}: ${specifier}`);
      const target = join(dirname(file), specifier);
      if (specifier.startsWith(".") && !typeOnly && !files.includes(target)) files.push(target);
    }
  }
  return { files, outside };
}

describe("plimsoll/history/browser", () => {
  it("imports nothing of Node.js, and no package", () => {
    const { files, outside } = outsideImports("history/browser.ts");
    expect(files.length).toBeGreaterThan(20);
    expect(outside).toEqual([]);
  });

  it("has no global of Node.js in it", () => {
    const { files } = outsideImports("history/browser.ts");
    const uses = files.filter((file) =>
      /\b(process|Buffer|setImmediate|__dirname)\b[.(]/.test(readFileSync(file, "utf8")),
    );
    expect(uses).toEqual([]);
  });

  it("is told from an entry that does", () => {
    expect(outsideImports("history/index.ts").outside).not.toEqual([]);
  });
});
