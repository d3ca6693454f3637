// Writes so many steps, says how long it took, and what the process used at most: [workload, folder, steps].
import { resourceUsage } from "node:process";
import { fileHistory, HistoryStore, patch } from "plimsoll/history";
import { workloadOf } from "./workloads.mjs";

const [workload = "", folder = "", steps = "0"] = process.argv.slice(2);
const { make, edit } = workloadOf(workload);
const store = await HistoryStore.open({ driver: fileHistory(folder), memory: "8mb" });
store.save(make());
const count = Number(steps);
const startedAt = performance.now();
for (let step = 2; step <= count; step++) {
  const { path, value } = edit(step);
  store.save(patch().set(path, value));
}
await store.flush();
const seconds = (performance.now() - startedAt) / 1000;
await store.close();
console.log(JSON.stringify({ seconds, peakBytes: resourceUsage().maxRSS * 1024 }));
