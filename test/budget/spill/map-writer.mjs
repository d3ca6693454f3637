// Sets fifty keys of a durable map to the number of the round, flushes, and says so, until it is killed. Arguments: the folder, the first round.
import { writeSync } from "node:fs";
import { SqliteMap } from "plimsoll/budget";

const [folder = "", first] = process.argv.slice(2);
setTimeout(() => process.exit(99), 20_000).unref();
const map = await SqliteMap.open({ folder, memory: "1mb" });
for (let round = Number(first); ; round += 1) {
  for (let key = 0; key < 50; key += 1) map.set(key, { round, text: "x".repeat((round * 31 + key) % 500) });
  await map.flush();
  writeSync(1, `${JSON.stringify({ safe: round })}\n`);
  await new Promise((resolve) => setImmediate(resolve));
}
