// Parts of Node are loaded when they are first used: each round uses another one.
import { takeRounds } from "../rounds.cjs";

const parts = [["node:zlib"], ["node:http", "node:crypto"], ["node:https", "node:readline", "node:dns"]];

await takeRounds(async (round) => {
  for (const part of parts[round]) await import(part);
});
