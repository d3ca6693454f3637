// The same posterior by WebPPL 0.9.15, Hamiltonian Monte Carlo, four chains one after the other. Its steps are not adapted: they are
// given. Prints the time, and how many effective draws it came to, by the same figures as ours.
import { createRequire } from "node:module";
import { summarise } from "../../apps/bayes/dist/index.js";

const [stepSize, steps, samples] = process.argv.slice(2).map(Number);
const webppl = createRequire(import.meta.url)("./peers/node_modules/webppl");
let rows = [];
globalThis.recorder = { sample: ({ value }) => void rows.push(value) };
const program = `
var y = [28, 8, -3, 7, -1, 1, 18, 12];
var sigma = [15, 10, 16, 11, 9, 11, 10, 18];
var eightSchools = function() {
  var mu = 5 * sample(Gaussian({ mu: 0, sigma: 1 }));
  var logTau = sample(Gaussian({ mu: 1.5, sigma: 1.5 }));
  var tau = Math.exp(logTau);
  // What makes the half-Cauchy of a normal logarithm.
  factor(logTau + (logTau - 1.5) * (logTau - 1.5) / 4.5 - Math.log(1 + tau * tau / 25));
  var theta = mapN(function(i) {
    var effect = mu + tau * sample(Gaussian({ mu: 0, sigma: 1 }));
    observe(Gaussian({ mu: effect, sigma: sigma[i] }), y[i]);
    return effect;
  }, 8);
  return [mu, tau].concat(theta);
};
Infer({
  method: 'MCMC', model: eightSchools, samples: ${samples}, burn: ${samples}, callbacks: [recorder],
  kernel: { HMC: { steps: ${steps}, stepSize: ${stepSize} } }
});
`;
const chains = [];
let ms = 0;
for (let chain = 0; chain < 4; chain += 1) {
  rows = [];
  const beganMs = performance.now();
  await new Promise((resolve) => webppl.run(program, resolve, { debug: false }));
  ms += performance.now() - beganMs;
  chains.push(rows);
}
const summaries = chains[0][0].map((_, index) =>
  summarise(chains.map((each) => Float64Array.from(each, (row) => row[index]))),
);
const ess = Math.min(...summaries.flatMap(({ bulkEss, tailEss }) => [bulkEss, tailEss]));
console.log(
  JSON.stringify({
    ms,
    ess,
    rHat: Math.max(...summaries.map((each) => each.rHat)),
    mu: summaries[0].mean,
    tau: summaries[1].mean,
  }),
);
process.exit(0);
