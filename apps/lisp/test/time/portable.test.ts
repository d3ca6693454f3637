/**
 * The language and its history need no module of Node.js: a browser reads what a process has saved.
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";

it("imports no module of Node.js, from the library's entry on", () => {
  const seen = new Set<string>();
  const work = [join(import.meta.dirname, "../../src/index.ts")];
  for (let file = work.pop(); file !== undefined; file = work.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    for (const [, name = ""] of readFileSync(file, "utf8").matchAll(/(?:from|import) "([^"]+)"/g)) {
      if (name.startsWith(".")) work.push(join(dirname(file), name));
      else expect(`${file} imports ${name}`).toMatch(/imports plimsoll\/history\/browser$/);
    }
  }
  expect(seen.size).toBeGreaterThan(50);
});
