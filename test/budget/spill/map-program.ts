/** The contract of the mutable map on the Node.js that runs it, with its own SQLite, and kills of programs that write one. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SqliteMap } from "../../../src/budget/spill/sqlite-map.ts";
import { killMapWriter } from "./kills.ts";
import { checkChanges, checkWriteThenRead, type Value } from "./map-contract.ts";

const directory = mkdtempSync(join(tmpdir(), "plimsoll-spill-test-"));
try {
  const common = { memory: 140_000, engine: "node:sqlite" } as const;
  await checkWriteThenRead(() => SqliteMap.open<string | number, Value>({ ...common, directory }), 8);
  await checkChanges((round) => SqliteMap.open({ ...common, folder: join(directory, String(round)) }), true, 8);
  let round = 0;
  for (let kill = 0; kill < 3; kill += 1) {
    const outcome = await killMapWriter(join(directory, "killed"), round, kill * 11);
    assert.deepEqual(outcome.faults, []);
    round = outcome.round + 1;
  }
  console.log("the contract holds");
} finally {
  rmSync(directory, { recursive: true, force: true });
}
