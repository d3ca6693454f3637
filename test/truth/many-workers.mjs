// Leak of workers: one more every half second, none of them ever ended.
import "./lifetime.cjs";
import { Worker } from "node:worker_threads";

const workers = [];
setInterval(() => workers.push(new Worker("setInterval(() => {}, 1000)", { eval: true })), 500);
