// Healthy: frames travel to a pool of workers and back, their memory with them, and are dropped.
import "../lifetime.cjs";
import { isMainThread, parentPort, Worker } from "node:worker_threads";

if (isMainThread) {
  const pool = Array.from({ length: 3 }, () => new Worker(new URL(import.meta.url), { argv: process.argv.slice(2) }));
  let brightest = 0;
  for (const worker of pool) worker.on("message", (frame) => (brightest = Math.max(brightest, frame[0])));
  let n = 0;
  setInterval(() => {
    const frame = new Uint8Array(500_000).fill((n += 1));
    pool[n % pool.length].postMessage(frame, [frame.buffer]);
  }, 50);
} else {
  parentPort.on("message", (frame) => {
    frame[0] = frame.reduce((most, pixel) => Math.max(most, pixel), 0);
    parentPort.postMessage(frame, [frame.buffer]);
  });
}
