// Leak in the heap of a worker that never returns to its event loop: nobody can ask it anything.
import "./lifetime.cjs";
import { isMainThread, Worker } from "node:worker_threads";

const results = [];

if (isMainThread) {
  new Worker(new URL(import.meta.url), { argv: process.argv.slice(2) });
} else {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let n = 0; ; n += 1) {
    for (let i = 0; i < 2000; i += 1) results.push({ n, i, squares: [n * i, n, i] });
    Atomics.wait(pause, 0, 0, 50);
  }
}
