/**
 * p-queue with a gate of memory: 200 photos of 2.5 MB each are decoded, as many at once as fit. In a heap of 96 MB,
 * `node --max-old-space-size=96 --import tsx examples/budget/p-queue.ts` ends well, and with `--unguarded` dies.
 */
import { setTimeout as sleep } from "node:timers/promises";
import PQueue from "p-queue";
import { AdaptiveLimiter } from "plimsoll/budget";

/** Holds 2.5 MB for a while. */
async function decode(photo: number): Promise<number> {
  const rows = Array.from({ length: 10 }, () => new Array<number>(32_768).fill(photo + 0.5));
  await sleep(50);
  return rows.length;
}

const limiter = new AdaptiveLimiter();
const queue = new PQueue({ concurrency: 1_000 }); // so many wait at the gate at most
const guarded = (photo: number) => limiter.run(() => decode(photo));

const task = process.argv.includes("--unguarded") ? decode : guarded;
let decoded = 0;
for (let photo = 0; photo < 200; photo += 1) {
  await queue.onSizeLessThan(100); // closures that wait take memory too
  void queue.add(() => task(photo)).then(() => (decoded += 1));
}
await queue.onIdle();
console.log(`${decoded} photos decoded`);
