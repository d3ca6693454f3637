// No leak: four workers that live as long as the program and make garbage.
import "./lifetime.cjs";
import { isMainThread, Worker } from "node:worker_threads";

if (isMainThread) {
  for (let i = 0; i < 4; i += 1) new Worker(new URL(import.meta.url), { argv: process.argv.slice(2) });
} else {
  setInterval(() => Array.from({ length: 5000 }, (_, i) => ({ i })), 50);
}
