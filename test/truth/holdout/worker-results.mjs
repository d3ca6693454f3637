// Leak: a pool of workers renders pictures and hands them over; the thread that asked keeps every one.
import "../lifetime.cjs";
import { isMainThread, parentPort, Worker } from "node:worker_threads";

if (isMainThread) {
  const rendered = [];
  const pool = Array.from({ length: 2 }, () => new Worker(new URL(import.meta.url), { argv: process.argv.slice(2) }));
  for (const worker of pool) worker.on("message", (picture) => rendered.push(picture));
  let n = 0;
  setInterval(() => pool[n % 2].postMessage({ n: (n += 1) }, []), 50);
} else {
  parentPort.on("message", ({ n }) => {
    const pixels = new Uint8Array(120_000).fill(n);
    parentPort.postMessage(pixels, [pixels.buffer]);
  });
}
