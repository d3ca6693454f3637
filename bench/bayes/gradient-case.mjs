// What a gradient of eight schools costs, in turns within one process: compiled, on jax-js as a user jits it, and on jax-js as the
// application runs it. Prints the microseconds of each turn.
import { compileDensity, jaxDensity } from "../../apps/bayes/dist/index.js";
import { DIMENSION, jax, makeGradient, np } from "../scope/eight-schools.mjs";
import { bound } from "./eight-schools.mjs";

const [turns, slowCalls] = process.argv.slice(2).map(Number);
const FAST_CALLS = 50_000;
const jitted = await makeGradient(true);
const compiled = compileDensity(bound.logDensity, bound.dimension);
const onJax = jaxDensity(jax, bound);
const position = new Float64Array(bound.dimension).fill(0.1);
const gradient = new Float64Array(bound.dimension);
const single = new Float32Array(DIMENSION).fill(0.1);
let kept = 0;
const sides = {
  compiled: [FAST_CALLS, () => void (kept += compiled.valueAndGradient(position, gradient))],
  byHand: [
    slowCalls,
    () => {
      const [value, slope] = jitted(np.array(single));
      kept += value.js() + slope.js()[0];
    },
  ],
  onJax: [slowCalls, () => void (kept += onJax.valueAndGradient(position, gradient))],
};
const micros = { compiled: [], byHand: [], onJax: [] };
for (let turn = -1; turn < turns; turn += 1) {
  const order = Object.entries(sides);
  for (const [name, [calls, call]] of turn % 2 === 0 ? order : order.reverse()) {
    const beganMs = performance.now();
    for (let i = 0; i < calls; i += 1) call();
    // The turn before the first warms up.
    if (turn >= 0) micros[name].push((1000 * (performance.now() - beganMs)) / calls);
  }
}
if (!Number.isFinite(kept)) throw new Error("a density is not finite");
console.log(JSON.stringify(micros));
process.exit(0);
