// Drops every other thousand of steps while the program goes on saving, and says for how long the event loop was held
// up at most: [folder, steps].
import { setImmediate as turn } from "node:timers/promises";
import { fileHistory, HistoryStore, patch } from "plimsoll/history";

const [folder = "", steps = "0"] = process.argv.slice(2);
const store = await HistoryStore.open({ driver: fileHistory(folder), memory: "8mb" });
const last = Number(steps);
const isKept = (step) => step === last || Math.floor(step / 1000) % 2 === 0;
let dropped = 0;
for (let step = 1; step <= last; step++) if (!isKept(step)) dropped++;

let thinned;
let longestPauseMs = 0;
const key = "saved while thinning";
const before = await store.load();
const thinning = store.thin(({ step }) => isKept(step)).then((report) => (thinned = report));
let saved = 0;
let at = performance.now();
for (;;) {
  await turn();
  if (thinned !== undefined) break;
  const now = performance.now();
  longestPauseMs = Math.max(longestPauseMs, now - at);
  at = now;
  if (++saved % 10 === 0) store.save(patch().set(key, saved));
}
const { evictedSteps } = await thinning;
const after = await store.load(last);
const [one, other] = [before, after].map((state) => JSON.stringify(state instanceof Map ? [...state] : state));
await store.close();
const isRight = one === other && evictedSteps === dropped;
console.log(JSON.stringify({ longestPauseMs, wrong: isRight ? 0 : 1 }));
