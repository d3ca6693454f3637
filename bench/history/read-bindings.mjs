// Loads random steps, times each, then compares every one of them with what it must be: [folder, steps, how many].
import { resourceUsage } from "node:process";
import { fileHistory, HistoryStore } from "plimsoll/history";
import { bindingOf, firstValues, NAMES, valueOf } from "./bindings.mjs";

const [folder = "", steps = "0", samples = "0"] = process.argv.slice(2);
const openedAt = performance.now();
const store = await HistoryStore.open({ driver: fileHistory(folder), memory: "8mb", readOnly: true });
const openMs = performance.now() - openedAt;
const chosen = Array.from({ length: Number(samples) }, () => 2 + Math.floor(Math.random() * (Number(steps) - 1)));
const restoreMs = [];
const oneValueMs = [];
for (const step of chosen) {
  let at = performance.now();
  await store.at(step).get(NAMES[step % NAMES.length]);
  oneValueMs.push(performance.now() - at);
  at = performance.now();
  await store.load(step);
  restoreMs.push(performance.now() - at);
}
const readPeakBytes = resourceUsage().maxRSS * 1024;
let wrong = 0;
let reached = 1;
const truth = firstValues();
for (const step of chosen.sort((one, other) => one - other)) {
  while (reached < step) truth[bindingOf(++reached)] = valueOf(reached);
  const state = await store.load(step);
  let i = 0;
  let isRight = state.size === NAMES.length;
  for (const [name, value] of state) {
    isRight &&= name === NAMES[i] && Object.is(value, truth[i]);
    i++;
  }
  if (!isRight) wrong++;
}
await store.close();
console.log(JSON.stringify({ openMs, restoreMs, oneValueMs, readPeakBytes, wrong }));
