// No leak: workers that do a job and end.
import "./lifetime.cjs";
import { Worker } from "node:worker_threads";

setInterval(() => new Worker("setTimeout(() => {}, 100)", { eval: true }), 1000);
