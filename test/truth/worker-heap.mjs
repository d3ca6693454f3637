// Leak in the heap of a worker thread; the main thread's heap stays flat.
import "./lifetime.cjs";
import { isMainThread, Worker } from "node:worker_threads";

const results = [];

function keepResult(n) {
  results.push({ n, squares: Array.from({ length: 20 }, (_, i) => ({ i, square: n * i })) });
}

if (isMainThread) {
  new Worker(new URL(import.meta.url), { argv: process.argv.slice(2) });
} else {
  let n = 0;
  setInterval(() => {
    for (let i = 0; i < 150; i += 1) keepResult((n += 1));
  }, 100);
}
