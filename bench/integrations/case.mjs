/**
 * Jobs that hold memory, run by another library at a fixed number or behind the gate. Takes `library`, `concurrency` (0: the gate), `jobs`
 * and `redisUrl` as JSON from stdin; prints jobs a second and the highest resident set. When it dies it prints nothing.
 */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { Worker } from "bullmq";
import { Redis } from "ioredis";
import pLimit from "p-limit";
import PQueue from "p-queue";
import { AdaptiveLimiter } from "../../dist/budget/index.js";
import { hold } from "../budget/task.mjs";

const { library, concurrency, jobs, redisUrl } = JSON.parse(readFileSync(0, "utf8"));
const limiter = concurrency === 0 ? new AdaptiveLimiter() : undefined;
const work = (job) => (limiter ? limiter.run(() => hold(job)) : hold(job));
const most = limiter ? 1_000 : concurrency;

const ways = {
  async "p-limit"() {
    const limit = pLimit(most);
    await Promise.all(jobs.map((job) => limit(work, job)));
  },
  async "p-queue"() {
    const queue = new PQueue({ concurrency: most });
    await queue.addAll(jobs.map((job) => () => work(job)));
  },
  async bullmq() {
    const connection = new Redis(redisUrl, { maxRetriesPerRequest: null });
    const worker = new Worker("jobs", ({ data }) => work(data), { connection, concurrency: limiter ? 8 : concurrency });
    worker.on("active", () => {
      if (limiter) worker.concurrency = Math.max(worker.concurrency, limiter.status().inFlight + 8);
    });
    await once(worker, "drained");
    await worker.close();
    await connection.quit();
  },
};

const startMs = performance.now();
await ways[library]();
const seconds = (performance.now() - startMs) / 1000;
const peakRssMb = process.resourceUsage().maxRSS / 1024;
process.stdout.write(JSON.stringify({ perSecond: jobs.length / seconds, peakRssMb }));
process.exit(0);
