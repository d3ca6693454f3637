// Reads random steps, times each, then compares as many whole states with what they must be:
// [workload, folder, steps, how many].
import { resourceUsage } from "node:process";
import { fileHistory, HistoryStore } from "plimsoll/history";
import { change, isSame, workloadOf } from "./workloads.mjs";

const [workload = "", folder = "", steps = "0", samples = "0"] = process.argv.slice(2);
const { make, edit } = workloadOf(workload);
const openedAt = performance.now();
const store = await HistoryStore.open({ driver: fileHistory(folder), memory: "8mb", readOnly: true });
const openMs = performance.now() - openedAt;
const VALUES = 20;

// Each kind of reading has random steps of its own, so that none finds in memory what another has read.
const randomStep = () => 2 + Math.floor(Math.random() * (Number(steps) - 1));

async function time(read) {
  const times = [];
  for (let i = 0; i < Number(samples); i++) {
    const step = randomStep();
    const at = performance.now();
    await read(step);
    times.push(performance.now() - at);
  }
  return times;
}

const oneValueMs = await time((step) => store.at(step).get(edit(randomStep()).path));
const manyValuesMs = await time(async (step) => {
  const view = store.at(step);
  for (let i = 0; i < VALUES; i++) await view.get(edit(randomStep()).path);
});
const restoreMs = await time((step) => store.load(step));
const readPeakBytes = resourceUsage().maxRSS * 1024;

let wrong = 0;
let reached = 1;
const truth = make();
const chosen = Array.from({ length: Number(samples) }, randomStep).sort((one, other) => one - other);
for (const step of chosen) {
  while (reached < step) change(truth, edit(++reached));
  if (!isSame(await store.load(step), truth)) wrong++;
}
await store.close();
console.log(JSON.stringify({ openMs, restoreMs, oneValueMs, manyValuesMs, readPeakBytes, wrong }));
