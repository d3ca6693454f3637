/**
 * SIGKILLs at random points of writing and compacting one history after another: no step that was called safe may be
 * lost, no state may be wrong. `npm run soak:history [-- KILLS]`: so many kills (default 1,000, about ten minutes)
 * are added to those of earlier parts that ran the same sources, after every folder, so a run can be stopped and
 * taken up again; `-- 1000 anew` begins at nothing.
 */
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { killWriter } from "../test/history/crash.ts";
import { readList, writeResults } from "./support/results.ts";

const GOAL = 1000;
const KILLS = Number(process.argv[2] ?? GOAL);
const IS_ANEW = process.argv[3] === "anew";
/** A new history now and then, so that beginnings are killed too. */
const KILLS_A_FOLDER = 25;
const LONGEST_LIFE_MS = 150;

/** What so many kills of one folder have shown. */
interface Part {
  readonly sources: string;
  readonly kills: number;
  readonly acknowledged: number;
  readonly lost: number;
  readonly wrong: number;
  readonly damages: number;
  readonly checked: number;
}

/** Says whether two parts have run the same code. */
function hashSources(): string {
  const folder = join(import.meta.dirname, "..", "dist", "history");
  const hash = createHash("sha256");
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
    if (name.endsWith(".js")) hash.update(name).update(readFileSync(join(folder, name)));
  }
  return hash.digest("hex").slice(0, 12);
}

async function killInOneFolder(kills: number, sources: string): Promise<Part> {
  const folder = mkdtempSync(join(tmpdir(), "plimsoll-soak-"));
  const part = { sources, kills, acknowledged: 0, lost: 0, wrong: 0, damages: 0, checked: 0 };
  try {
    let last = 0;
    for (let kill = 0; kill < kills; kill++) {
      const remains = await killWriter(folder, Math.random() * LONGEST_LIFE_MS, kill % 2 === 0 ? 0 : 400);
      part.acknowledged += Math.max(0, remains.acknowledged - last);
      part.lost += Math.max(0, Math.max(remains.acknowledged, last) - remains.last);
      part.wrong += remains.wrong.length;
      part.damages += remains.damages;
      part.checked += remains.checked;
      last = remains.last;
    }
    return part;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function write(parts: readonly Part[]): void {
  const sum = (what: Exclude<keyof Part, "sources">): number => parts.reduce((all, part) => all + part[what], 0);
  const kills = { name: "SIGKILLs of a process that writes and compacts", value: sum("kills"), unit: "kills" };
  const rows = [
    { ...kills, goal: `>= ${GOAL}` },
    { name: "steps that were called safe between two kills", value: sum("acknowledged"), unit: "steps" },
    { name: "safe steps lost", value: sum("lost"), unit: "steps", goal: "<= 0" },
    { name: "damaged places", value: sum("damages"), unit: "places", goal: "<= 0" },
    {
      name: `states that are not what was saved, of ${sum("checked")}`,
      value: sum("wrong"),
      unit: "states",
      goal: "<= 0",
    },
  ];
  writeResults("history-kills", "npm run soak:history", rows, { lists: { parts } });
  console.log(rows.map(({ name, value }) => `${name}: ${value}`).join("; "));
}

const sources = hashSources();
const parts = IS_ANEW ? [] : (readList("history-kills", "parts") as Part[]).filter((part) => part.sources === sources);
for (let left = KILLS; left > 0; left -= KILLS_A_FOLDER) {
  parts.push(await killInOneFolder(Math.min(left, KILLS_A_FOLDER), sources));
  write(parts);
}
if (parts.some(({ lost, wrong, damages }) => lost + wrong + damages > 0)) process.exitCode = 1;
