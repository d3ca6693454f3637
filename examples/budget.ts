/**
 * 300 photos of 5 MB in a heap of 96 MB, as many at once as fit, and the same all at once, which dies: each in a process of its own.
 * `node --import tsx examples/budget.ts`
 */
import { spawnSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { formatBytes } from "plimsoll";
import { AdaptiveLimiter } from "plimsoll/budget";

const PHOTOS = Array.from({ length: 300 }, (_, id) => id);

/** Holds 4 MB of objects and a Buffer of 1 MB for a while. */
async function thumbnail(id: number): Promise<number> {
  const rows = Array.from({ length: 16 }, () => new Array<number>(32_768).fill(id + 0.5));
  const file = Buffer.alloc(2 ** 20, id);
  await sleep(20);
  return rows.length + file.length;
}

async function allAtOnce(): Promise<void> {
  await Promise.all(PHOTOS.map(thumbnail));
  console.log("all at once: done");
}

async function asManyAsFit(): Promise<void> {
  using limiter = new AdaptiveLimiter();
  let most = 0;
  let done = 0;
  for await (const _ of limiter.map(PHOTOS, thumbnail)) {
    done += 1;
    most = Math.max(most, limiter.status().inFlight);
  }
  const { costs, forced } = limiter.status();
  console.log(`as many as fit: ${done} done, ${most} at once at most`);
  console.log(
    `learned: a task holds ${formatBytes(costs[0]?.heapBytes)} of the heap; ${forced.count} collections were forced`,
  );
}

const [way] = process.argv.slice(2);
if (way === "fit") await asManyAsFit();
else if (way === "all") await allAtOnce();
else {
  for (const each of ["fit", "all"]) {
    const flags = [...process.execArgv, "--max-old-space-size=96", fileURLToPath(import.meta.url), each];
    const { stdout, stderr, signal, status } = spawnSync(process.execPath, flags, {
      encoding: "utf8",
      timeout: 60_000,
    });
    const reason = /FATAL ERROR: .*/.exec(stderr)?.[0] ?? stderr;
    console.log(stdout.trim() || `${each}: ended with ${signal ?? status}, ${reason}`);
  }
}
