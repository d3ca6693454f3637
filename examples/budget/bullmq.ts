/**
 * A BullMQ worker with a gate of memory: jobs of 2.5 MB each, as many at once as fit. It works on the queue `photos` of the Redis at
 * REDIS_URL until none is left. In a heap of 96 MB it ends well, and with `--unguarded`, a fixed number, it dies.
 */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "bullmq";
import { Redis } from "ioredis";
import { AdaptiveLimiter } from "plimsoll/budget";

/** Holds 2.5 MB for a while. */
async function decode(photo: number): Promise<number> {
  const rows = Array.from({ length: 10 }, () => new Array<number>(32_768).fill(photo + 0.5));
  await sleep(50);
  return rows.length;
}

const isGuarded = !process.argv.includes("--unguarded");
const connection = new Redis(process.env["REDIS_URL"] ?? "redis://127.0.0.1:6379", { maxRetriesPerRequest: null });

const limiter = new AdaptiveLimiter();
const run = (photo: number) => (isGuarded ? limiter.run(() => decode(photo)) : decode(photo));
const worker = new Worker<{ photo: number }, number>("photos", ({ data }) => run(data.photo), {
  connection,
  concurrency: isGuarded ? 8 : 1_000,
});
// Fetches a few jobs more than have ever run, and leaves the others, with what they carry, to Redis and to other machines.
worker.on("active", () => {
  if (isGuarded) worker.concurrency = Math.max(worker.concurrency, limiter.status().inFlight + 8);
});

let decoded = 0;
worker.on("completed", () => (decoded += 1));
await once(worker, "drained");
await worker.close(); // waits for the jobs that run
await connection.quit();
console.log(`${decoded} photos decoded`);
