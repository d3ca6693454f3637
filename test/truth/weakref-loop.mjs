// WeakRefs in a turn that never ends: only promises are awaited, and what they point to lives until the
// turn does. Nothing else holds it.
const [end, parent] = [Date.now() + Number(process.argv[2] ?? 30) * 1000, process.ppid];

function evaluate(n) {
  const value = { n, digits: new Array(40).fill(n) };
  return new WeakRef(value);
}

const pause = new Int32Array(new SharedArrayBuffer(4));
for (let n = 0; Date.now() < end && process.ppid === parent; n += 1) {
  let last;
  for (let i = 0; i < 500; i += 1) last = evaluate(n + i);
  await Promise.resolve(last?.deref());
  Atomics.wait(pause, 0, 0, 20);
}
process.exit(0);
