// A background job runs for ever in one context, and every task adds to that context's store.
import { AsyncLocalStorage } from "node:async_hooks";
import { takeRounds } from "../rounds.cjs";

const trace = new AsyncLocalStorage();
let wake = () => {};

async function runJob() {
  for (;;) {
    const batch = await new Promise((resolve) => {
      wake = resolve;
    });
    for (const task of batch) trace.getStore().set(task, { task, steps: [task] });
  }
}

trace.run(new Map(), () => void runJob());

await takeRounds((round) => {
  wake(Array.from({ length: 800 }, (_, nth) => `task ${round} ${nth}`));
});
