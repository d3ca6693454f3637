// A thousand jobs side by side on tfjs, each with awaits of its own between its operations, in a scope each: `plimsoll`, tfjs' own `tidy`, or
// its `startScope` and `endScope`. Prints what became of them: jobs that failed, tensors taken from under a job that still
// used them, results that were wrong or gone, tensors left over.
import { setImmediate as turn, setTimeout as sleep } from "node:timers/promises";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { adopt, scope, tfjsTensors } from "../../dist/scope/index.js";

const [subject, jobs] = process.argv.slice(2);
await tf.setBackend("cpu");
const settled = Promise.resolve();
let takenAway = 0;

/** Waits as real jobs do: for different things, for different times. */
async function waitFor(job, step) {
  const kind = (job * 7 + step * 3) % 4;
  if (kind === 0) await turn();
  else if (kind === 1) await sleep((job * 13 + step) % 5);
  else for (let i = 0; i <= kind; i++) await settled;
}

/** The sum over `i` of (job + i) * 2, in a few operations with waits between. */
async function body(job) {
  const tensors = [tf.tensor1d([job, job + 1, job + 2])];
  for (let step = 0; step < 4; step++) {
    await waitFor(job, step);
    takenAway += tensors.filter((tensor) => tensor.isDisposed).length;
    tensors.push(step === 2 ? tf.mul(tensors.at(-1), 2) : tf.add(tensors.at(-1), 0));
  }
  return tf.sum(tensors.at(-1));
}

const ways = {
  plimsoll: (job) => scope(() => body(job)),
  tidy: async (job) => tf.tidy(() => body(job)),
  async startScope(job) {
    tf.engine().startScope();
    const result = await body(job);
    tf.engine().endScope(result);
    return result;
  },
};

if (subject === "plimsoll") adopt(tfjsTensors(tf));
const before = tf.memory().numTensors;
const results = await Promise.allSettled(Array.from({ length: Number(jobs) }, (_, job) => ways[subject](job)));
let wrong = 0;
const reasons = new Map();
for (const [job, { status, value, reason }] of results.entries()) {
  if (status === "rejected") reasons.set(String(reason), (reasons.get(String(reason)) ?? 0) + 1);
  else if (value.isDisposed || value.dataSync()[0] !== 2 * (3 * job + 3)) wrong++;
}
for (const { value } of results) if (value && !value.isDisposed) value.dispose();
await sleep(50);
const [[error = "", failed = 0] = []] = [...reasons].sort((a, b) => b[1] - a[1]);
console.log(
  JSON.stringify({
    jobs: Number(jobs),
    failed: results.filter(({ status }) => status === "rejected").length,
    error: failed > 0 ? error : undefined,
    takenAway,
    wrong,
    left: tf.memory().numTensors - before,
  }),
);
process.exit(0);
