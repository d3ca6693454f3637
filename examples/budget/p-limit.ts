/**
 * p-limit with a gate of memory: 200 photos of 2.5 MB each are decoded, as many at once as fit. In a heap of 96 MB,
 * `node --max-old-space-size=96 --import tsx examples/budget/p-limit.ts` ends well, and with `--unguarded` dies.
 */
import { setTimeout as sleep } from "node:timers/promises";
import pLimit from "p-limit";
import { AdaptiveLimiter } from "plimsoll/budget";

/** Holds 2.5 MB for a while. */
async function decode(photo: number): Promise<number> {
  const rows = Array.from({ length: 10 }, () => new Array<number>(32_768).fill(photo + 0.5));
  await sleep(50);
  return rows.length;
}

const limiter = new AdaptiveLimiter();
const limit = pLimit(1_000); // so many wait at the gate at most
const guarded = (photo: number) => limiter.run(() => decode(photo));

const task = process.argv.includes("--unguarded") ? decode : guarded;
const photos = Array.from({ length: 200 }, (_, photo) => photo);
const decoded = await Promise.all(photos.map((photo) => limit(task, photo)));
console.log(`${decoded.length} photos decoded`);
