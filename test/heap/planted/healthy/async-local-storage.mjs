// A context for each request, gone with it.
import { AsyncLocalStorage } from "node:async_hooks";
import { takeRounds } from "../rounds.cjs";

const trace = new AsyncLocalStorage();

async function handleRequest(id) {
  trace.getStore().set("id", id);
  await new Promise((resolve) => setImmediate(resolve));
  return trace.getStore().get("id");
}

await takeRounds(async (round) => {
  for (let nth = 0; nth < 300; nth += 1) {
    await trace.run(new Map([["steps", [nth]]]), () => handleRequest(round * 1e6 + nth));
  }
});
