/**
 * Job queues with a gate of memory, on a real Redis and a real PostgreSQL, and a pool of threads in a real memory cgroup: their examples
 * end well, and die without the gate; and jobs that wait at the gate are not taken for stalled.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { once } from "node:events";
import { join } from "node:path";
import { Queue, Worker } from "bullmq";
import PgBoss from "pg-boss";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AdaptiveLimiter } from "../../../src/budget/limiter.ts";
import { MemoryCgroup } from "../../support/memory-cgroup.ts";
import { type Postgres, startPostgres } from "../../support/postgres.ts";
import { run, runWell } from "../../support/processes.ts";
import { type Redis, startRedis } from "../../support/redis.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");
const PHOTOS = Array.from({ length: 200 }, (_, photo) => photo);

function program(name: string): string[] {
  return ["--max-old-space-size=96", "--import", "tsx", join(ROOT, "examples", "budget", `${name}.ts`)];
}

describe("BullMQ", () => {
  let redis: Redis;
  let connection: { readonly url: string };

  beforeAll(async () => {
    redis = await startRedis();
    connection = { url: redis.url };
  });

  afterAll(() => redis[Symbol.asyncDispose]());

  it.each([false, true])("a worker in a small heap (guarded: %s)", async (isGuarded) => {
    const queue = new Queue("photos", { connection });
    await queue.obliterate({ force: true });
    await queue.addBulk(PHOTOS.map((photo) => ({ name: "photo", data: { photo } })));
    const options = { cwd: ROOT, deadlineMs: 30_000, env: { REDIS_URL: redis.url } };
    if (isGuarded) {
      expect(runWell(process.execPath, program("bullmq"), options)).toBe("200 photos decoded\n");
      expect(await queue.getJobCounts("completed", "active", "waiting")).toEqual({
        completed: 200,
        active: 0,
        waiting: 0,
      });
    } else {
      const { status, stderr } = run(process.execPath, [...program("bullmq"), "--unguarded"], options);
      expect(stderr).toMatch(/heap out of memory/);
      expect(status).not.toBe(0);
    }
    await queue.close();
  });

  it("jobs that wait at the gate for longer than their lock lasts are not stalled, and few are fetched", async () => {
    const queue = new Queue("gate", { connection });
    await queue.addBulk(PHOTOS.slice(0, 30).map((photo) => ({ name: "photo", data: { photo } })));
    using limiter = new AdaptiveLimiter({ maxConcurrency: 2 });
    let mostActive = 0;
    const worker = new Worker(
      "gate",
      () =>
        limiter.run(async () => {
          mostActive = Math.max(mostActive, await queue.getActiveCount());
          await sleep(500);
        }),
      { connection, concurrency: 8, lockDuration: 1_000, stalledInterval: 250, maxStalledCount: 0 },
    );
    const wrong: string[] = [];
    worker.on("active", () => {
      worker.concurrency = Math.max(worker.concurrency, limiter.status().inFlight + 8);
    });
    worker.on("stalled", (id) => wrong.push(`${id} stalled`)).on("failed", (job) => wrong.push(`${job?.id} failed`));
    await once(worker, "drained");
    await worker.close();
    expect(wrong).toEqual([]);
    expect(await queue.getJobCounts("completed", "failed")).toEqual({ completed: 30, failed: 0 });
    expect(mostActive).toBeLessThanOrEqual(11); // of 30: 2 run, 8 more may be fetched; one is just ending
    await queue.close();
  });
});

describe("pg-boss", () => {
  let postgres: Postgres;
  let boss: PgBoss;

  beforeAll(async () => {
    postgres = await startPostgres();
    boss = new PgBoss(postgres.url);
    await boss.start();
  });

  afterAll(async () => {
    await boss.stop({ graceful: false });
    await postgres[Symbol.asyncDispose]();
  });

  // What dies leaves its jobs behind, so it comes last.
  it.each([true, false])("a worker in a small heap (guarded: %s)", async (isGuarded) => {
    await boss.createQueue("photos");
    await boss.insert(PHOTOS.map((photo) => ({ name: "photos", data: { photo } })));
    const options = { cwd: ROOT, deadlineMs: 30_000, env: { DATABASE_URL: postgres.url } };
    if (isGuarded) {
      expect(runWell(process.execPath, program("pg-boss"), options)).toBe("200 photos decoded\n");
      expect(await boss.getQueueSize("photos", { before: "completed" })).toBe(0);
    } else {
      const { status, stderr } = run(process.execPath, [...program("pg-boss"), "--unguarded"], options);
      expect(stderr).toMatch(/heap out of memory/);
      expect(status).not.toBe(0);
    }
  });
});

it.each([true, false])("piscina in a memory cgroup of 400 MB (guarded: %s)", async (isGuarded) => {
  using cgroup = new MemoryCgroup("plimsoll-pool", 400 * 2 ** 20);
  const args = ["--import", "tsx", join(ROOT, "examples", "budget", "piscina.ts")];
  const { signal, stdout } = await cgroup.run(process.execPath, isGuarded ? args : [...args, "--unguarded"], 30_000);
  expect(signal).toBe(isGuarded ? null : "SIGKILL");
  expect(stdout).toMatch(isGuarded ? /^40 photos decoded/ : /^$/);
});
