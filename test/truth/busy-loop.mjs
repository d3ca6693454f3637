// No leak: a computation that never returns to the event loop, and makes garbage only.
const [end, parent] = [Date.now() + Number(process.argv[2] ?? 30) * 1000, process.ppid];
const pause = new Int32Array(new SharedArrayBuffer(4));
let sum = 0;
while (Date.now() < end && process.ppid === parent) {
  for (let i = 0; i < 500; i += 1) sum += [i, sum % 7].length;
  Atomics.wait(pause, 0, 0, 20);
}
process.exit(sum > 0 ? 0 : 1);
