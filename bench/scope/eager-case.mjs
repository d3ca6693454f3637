// Eager gradients in scopes, in a loop that awaits: `yieldTurn` ends the event-loop turn now and then, `settled` awaits a promise that
// is settled already and never does. Writes how far it got, every 100 calls, and at the end what the heap holds.
import { writeSync } from "node:fs";
import { adopt, jaxArrays, ledger, scope, yieldTurn } from "../../dist/scope/index.js";
import { DIMENSION, jax, makeGradient, np } from "./eight-schools.mjs";

const [kind, calls] = process.argv.slice(2);
const EVERY = 100;
const gradientOf = await makeGradient(false);
adopt(jaxArrays(jax));
const position = new Float32Array(DIMENSION).fill(0.1);
const settled = Promise.resolve();
const before = ledger.live("jax-js");

for (let call = 1; call <= Number(calls); call++) {
  scope(() => {
    const q = np.array(position);
    const [value, gradient] = gradientOf(q.ref);
    return value.js() + gradient.js()[0];
  });
  if (kind === "yieldTurn") await yieldTurn();
  else await settled;
  if (call % EVERY === 0) writeSync(1, `${JSON.stringify({ call, heapUsedBytes: process.memoryUsage().heapUsed })}\n`);
}
globalThis.gc?.();
const { heapUsed, rss } = process.memoryUsage();
writeSync(
  1,
  `${JSON.stringify({ done: true, live: ledger.live("jax-js") - before, heapUsedBytes: heapUsed, rssBytes: rss })}\n`,
);
process.exit(0);
