// Writes so many steps, says how long it took, and what the process used at most: [folder, steps].
import { resourceUsage } from "node:process";
import { fileHistory, HistoryStore, patch } from "plimsoll/history";
import { bindingOf, firstValues, NAMES, valueOf } from "./bindings.mjs";

const [folder = "", steps = "0"] = process.argv.slice(2);
const store = await HistoryStore.open({ driver: fileHistory(folder), memory: "8mb" });
const first = firstValues();
store.save(new Map(NAMES.map((name, i) => [name, first[i]])));
const count = Number(steps);
const startedAt = performance.now();
for (let step = 2; step <= count; step++) store.save(patch().set(NAMES[bindingOf(step)], valueOf(step)));
await store.flush();
const seconds = (performance.now() - startedAt) / 1000;
await store.close();
console.log(JSON.stringify({ seconds, peakBytes: resourceUsage().maxRSS * 1024 }));
