/**
 * Web streams with a gate of memory: 200 photos of 2.5 MB each are decoded on their way through, as many at once as fit. In a heap of 96 MB,
 * `node --max-old-space-size=96 --import tsx examples/budget/web-streams.ts` ends well, and with `--unguarded` dies.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { AdaptiveLimiter } from "plimsoll/budget";

/** Holds 2.5 MB for a while. */
async function decode(photo: number): Promise<number> {
  const rows = Array.from({ length: 10 }, () => new Array<number>(32_768).fill(photo + 0.5));
  await sleep(50);
  return rows.length;
}

/** All at once: what the limiter is for. */
function unguarded(): TransformStream<number, number> {
  const running: Promise<void>[] = [];
  return new TransformStream({
    transform: (photo, controller) => void running.push(decode(photo).then((rows) => controller.enqueue(rows))),
    flush: async () => void (await Promise.all(running)),
  });
}

const limiter = new AdaptiveLimiter();
const photos = ReadableStream.from(Array.from({ length: 200 }, (_, photo) => photo));
const transform = process.argv.includes("--unguarded") ? unguarded() : limiter.transform(decode);
let decoded = 0;
await photos.pipeThrough(transform).pipeTo(new WritableStream({ write: () => void (decoded += 1) }));
console.log(`${decoded} photos decoded`);
