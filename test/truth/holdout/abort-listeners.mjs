// Leak: every task listens to the signal that ends the program, and none stops listening when it is done.
import "../lifetime.cjs";
import { setTimeout as sleep } from "node:timers/promises";

const { signal } = new AbortController();
process.setMaxListeners(0);

async function work(id) {
  const state = { id, steps: new Array(100).fill(id) };
  signal.addEventListener("abort", () => state.steps.fill(0));
  await sleep(10);
  return state.steps.length;
}

let n = 0;
setInterval(() => {
  for (let i = 0; i < 50; i += 1) void work((n += 1));
}, 50);
