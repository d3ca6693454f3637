/**
 * pg-boss with a gate of memory: jobs of 2.5 MB each, as many at once as fit. It works on the queue `photos` of the PostgreSQL at
 * DATABASE_URL until none is left. In a heap of 96 MB it ends well, and with `--unguarded`, all that are fetched, it dies.
 */
import { setTimeout as sleep } from "node:timers/promises";
import PgBoss from "pg-boss";
import { AdaptiveLimiter } from "plimsoll/budget";

/** Holds 2.5 MB for a while. */
async function decode(photo: number): Promise<number> {
  const rows = Array.from({ length: 10 }, () => new Array<number>(32_768).fill(photo + 0.5));
  await sleep(50);
  return rows.length;
}

const isGuarded = !process.argv.includes("--unguarded");
const boss = new PgBoss(process.env["DATABASE_URL"] ?? "postgres://localhost/postgres");
await boss.start();

/** Fetches the next few only when those before have started. */
async function* jobs(batchSize: number): AsyncGenerator<PgBoss.Job<{ photo: number }>> {
  for (;;) {
    const batch = await boss.fetch<{ photo: number }>("photos", { batchSize });
    if (batch.length === 0) return; // a worker that stays would sleep here, and go on
    yield* batch;
  }
}

async function work({ id, data }: PgBoss.Job<{ photo: number }>): Promise<void> {
  await decode(data.photo).then(
    () => boss.complete("photos", id),
    (error: unknown) => boss.fail("photos", id, { message: String(error) }),
  );
}

let decoded = 0;
if (isGuarded) {
  const limiter = new AdaptiveLimiter();
  for await (const _ of limiter.map(jobs(8), work, { ordered: false })) decoded += 1;
} else {
  const fetched = await boss.fetch<{ photo: number }>("photos", { batchSize: 1_000 });
  await Promise.all(fetched.map(work));
  decoded = fetched.length;
}
await boss.stop({ graceful: false });
console.log(`${decoded} photos decoded`);
