/**
 * Kills of programs that write a durable queue or map: is what was said to be safe still there? The delay before each kill is
 * drawn anew, so that it falls anywhere between two flushes. `npm run soak:spill [-- COUNT]`: so many kills of a queue, and a quarter as
 * many of a map, in about a minute.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import installNativePeers from "../test/support/install-native-peers.ts";
import { type KnownQueue, killMapWriter, killWriter } from "../test/budget/spill/kills.ts";
import { writeResults } from "./support/results.ts";

const COUNT = Number(process.argv[2] ?? 200);
const MAP_COUNT = Math.ceil(COUNT / 4);
const LONGEST_DELAY_MS = 60;

await installNativePeers();
const folder = mkdtempSync(join(tmpdir(), "plimsoll-spill-soak-"));
const faults: string[] = [];
let [records, cuts, cutBytes, whole] = [0, 0, 0, 0];
try {
  let known: KnownQueue = { pushed: 0, taken: 0 };
  for (let kill = 0; kill < COUNT; kill += 1) {
    const outcome = await killWriter(join(folder, "queue"), known, Math.random() * LONGEST_DELAY_MS, kill);
    known = outcome.known;
    records += outcome.records;
    cutBytes += outcome.cutBytes;
    if (outcome.cutBytes > 0) cuts += 1;
    faults.push(...outcome.faults.map((fault) => `queue, kill ${kill}: ${fault}`));
  }
  let round = 0;
  for (let kill = 0; kill < MAP_COUNT; kill += 1) {
    const outcome = await killMapWriter(join(folder, "map"), round, Math.random() * LONGEST_DELAY_MS);
    round = outcome.round + 1;
    if (outcome.faults.length === 0) whole += 1;
    faults.push(...outcome.faults.map((fault) => `map, kill ${kill}: ${fault}`));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
for (const fault of faults) console.log(fault);
const queueFaults = faults.filter((fault) => fault.startsWith("queue")).length;
const rows = [
  { name: "SIGKILLs of a program that writes a durable queue", value: COUNT, unit: "kills", goal: ">= 200" },
  { name: "records lost, changed, out of order or back again", value: queueFaults, unit: "faults", goal: "0" },
  { name: "records found after the kills", value: records, unit: "records" },
  { name: "kills in the middle of a write, whose rest was cut off", value: cuts, unit: "kills" },
  { name: "SIGKILLs of a program that writes a durable map", value: MAP_COUNT, unit: "kills", goal: ">= 50" },
  {
    name: "of them with the last safe round or a later one, whole",
    value: whole,
    unit: "kills",
    goal: `>= ${MAP_COUNT}`,
  },
];
console.log(`${COUNT} kills of a queue: ${queueFaults} faults, ${records} records found, ${cutBytes} bytes cut off`);
console.log(`${MAP_COUNT} kills of a map: ${MAP_COUNT - whole} with faults`);
console.log(writeResults("spill-kills", "npm run soak:spill", rows));
if (faults.length > 0) process.exitCode = 1;
