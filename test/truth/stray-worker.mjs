// Leak in the heap of a worker that was started with an environment of its own, so that no preload is in it.
import "./lifetime.cjs";
import { isMainThread, Worker } from "node:worker_threads";

const results = [];

if (isMainThread) {
  new Worker(new URL(import.meta.url), { argv: process.argv.slice(2), env: {} });
} else {
  setInterval(() => {
    for (let i = 0; i < 8000; i += 1) results.push({ i, square: [i * i] });
  }, 100);
}
