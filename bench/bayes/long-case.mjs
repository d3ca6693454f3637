// Chains of 25,000 draws, four of them, on one backend: the heap after collections at each tenth of a chain, and what is left at the end.
// Run with --expose-gc.
import { setImmediate as turn, setTimeout as sleep } from "node:timers/promises";
import { ledger } from "plimsoll/scope";
import { compileDensity, jaxDensity, loadJax } from "../../apps/bayes/dist/index.js";
import { Chain } from "../../apps/bayes/dist/sampler/chain.js";
import { bound } from "./eight-schools.mjs";

const [backend, draws] = process.argv.slice(2);
const jax = backend === "jax" ? await loadJax() : undefined;
const before = jax ? ledger.live("jax-js") : 0;
const density = jax ? jaxDensity(jax, bound) : compileDensity(bound.logDensity, bound.dimension);
const length = Number(draws);
const floors = [];
let gradients = 0;
const beganMs = performance.now();
for (let index = 0; index < 4; index += 1) {
  const chain = new Chain(density, index, { warmUp: 1000, seed: 5 });
  while (!chain.isWarm) chain.next();
  for (let draw = 1; draw <= length; draw += 1) {
    chain.next();
    gradients += chain.mover.transition.steps;
    if (draw % (length / 10) === 0) await readFloor();
  }
}
const ms = performance.now() - beganMs;
density[Symbol.dispose]?.();
console.log(JSON.stringify({ ms, gradients, left: (jax ? ledger.live("jax-js") : 0) - before }));
console.log(JSON.stringify({ floors }));
process.exit(0);

/** The lowest of some readings: what one collection leaves for the next is no drift. */
async function readFloor() {
  let floor = Infinity;
  for (let round = 0; round < 5; round += 1) {
    // Single readings stood out by megabytes and were gone at the next: what runs in the background gets time to end.
    await sleep(20);
    await turn();
    globalThis.gc();
    floor = Math.min(floor, process.memoryUsage().heapUsed);
  }
  floors.push(floor);
}
