/**
 * A thousand SIGKILLs at random points of writing and compacting one history after another: no step that was called safe may be lost, no state may be wrong. `npm run soak:history [-- KILLS]`.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { killWriter } from "../test/history/crash.ts";
import { writeResults } from "./support/results.ts";

const KILLS = Number(process.argv[2] ?? 1000);
/** A new history now and then, so that beginnings are killed too. */
const KILLS_A_FOLDER = 25;

let lost = 0;
let wrong = 0;
let damages = 0;
let checked = 0;
let acknowledged = 0;
let folder = "";
let last = 0;
for (let kill = 0; kill < KILLS; kill++) {
  if (kill % KILLS_A_FOLDER === 0) {
    if (folder !== "") rmSync(folder, { recursive: true, force: true });
    folder = mkdtempSync(join(tmpdir(), "plimsoll-soak-"));
    last = 0;
  }
  const remains = await killWriter(folder, Math.random() * 150, kill % 2 === 0 ? 0 : 400);
  lost += Math.max(0, Math.max(remains.acknowledged, last) - remains.last);
  last = remains.last;
  wrong += remains.wrong.length;
  damages += remains.damages;
  checked += remains.checked;
  acknowledged += 1;
  if (kill % 100 === 99) console.log(`${kill + 1} kills: ${lost} lost, ${wrong} wrong, ${damages} damages`);
}
rmSync(folder, { recursive: true, force: true });
console.log({ acknowledged, lost, wrong, damages, checked });
if (KILLS >= 1000) {
  writeResults("history-kills", "npm run soak:history", [
    { name: "SIGKILLs of a process that writes and compacts", value: KILLS, unit: "kills", goal: ">= 1000" },
    { name: "safe steps lost", value: lost, unit: "steps", goal: "<= 0" },
    { name: "damaged places", value: damages, unit: "places", goal: "<= 0" },
    { name: `states that are not what was saved, of ${checked}`, value: wrong, unit: "states", goal: "<= 0" },
  ]);
}
