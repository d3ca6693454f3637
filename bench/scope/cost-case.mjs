// What a value costs from its creation to its release, in nanoseconds: alone (`bare`), counted by the ledger (`counted`), or owned and
// released by a scope (`scoped`). The values are as small as can be, and come in batches of sixteen: most batches have none whose
// stack is taken, so the median is that of counting alone; the mean has the stacks in it, which are twenty frames deep.
import { adopt, scope } from "../../dist/scope/index.js";

const BATCH = 16;
const [subject, batches] = process.argv.slice(2);
let listener;

class Value {
  isAlive = true;
  constructor() {
    listener?.created(this);
  }
  dispose() {
    this.isAlive = false;
    listener?.released(this);
  }
}

const adapter = {
  name: "values",
  isValue: (candidate) => candidate instanceof Value,
  alive: (value) => value.isAlive,
  release: (value) => value.dispose(),
  onCreate(events) {
    listener = events;
    return { [Symbol.dispose]: () => (listener = undefined) };
  },
};
if (subject !== "bare") adopt(adapter);

const values = new Array(BATCH);
function runBatch() {
  for (let i = 0; i < BATCH; i++) values[i] = new Value();
  for (let i = 0; i < BATCH; i++) values[i].dispose();
}
function runScope() {
  scope(() => {
    for (let i = 0; i < BATCH; i++) values[i] = new Value();
  });
}
const run = subject === "scoped" ? runScope : runBatch;
const runDeep = (depth, times) => (depth === 0 ? measure(times) : runDeep(depth - 1, times));

function measure(times) {
  for (let i = 0; i < times.length; i++) {
    const beganNs = process.hrtime.bigint();
    run();
    times[i] = Number(process.hrtime.bigint() - beganNs);
  }
}

runDeep(20, new Float64Array(Number(batches)));
const times = new Float64Array(Number(batches));
runDeep(20, times);
const meanNs = times.reduce((sum, time) => sum + time, 0) / times.length / BATCH;
const medianNs = times.sort()[times.length >> 1] / BATCH;
console.log(JSON.stringify({ meanNs, medianNs }));
