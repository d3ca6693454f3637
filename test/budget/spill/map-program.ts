/** The contract of the maps on the Node.js that runs it, with its own SQLite. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SqliteMap } from "../../../src/budget/spill/sqlite-map.ts";
import { checkChanges, checkWriteThenRead, type Value } from "./map-contract.ts";

const directory = mkdtempSync(join(tmpdir(), "plimsoll-spill-test-"));
try {
  const common = { memory: 140_000, engine: "node:sqlite" } as const;
  await checkWriteThenRead(() => SqliteMap.open<string | number, Value>({ ...common, directory }), 8);
  await checkChanges((round) => SqliteMap.open({ ...common, folder: join(directory, String(round)) }), true, 8);
  console.log("the contract holds");
} finally {
  rmSync(directory, { recursive: true, force: true });
}
