/** A directory that stands in for `/`: files by path, as another machine or a container would show them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export interface FixtureRoot extends Disposable {
  readonly root: string;
}

export function makeRoot(files: Readonly<Record<string, string>>): FixtureRoot {
  const root = mkdtempSync(join(tmpdir(), "plimsoll-root-"));
  for (const [path, text] of Object.entries(files)) {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return { root, [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) };
}
