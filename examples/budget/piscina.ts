/**
 * piscina with a gate of memory: photos of 40 MB each are decoded in 8 threads, as many at once as fit into 400 MB, which is more than
 * V8 can see: they are Buffers. `--unguarded` shows how much the same takes without the gate.
 */
import { Piscina } from "piscina";
import { AdaptiveLimiter, PoolGauge } from "plimsoll/budget";

const isGuarded = !process.argv.includes("--unguarded");
// A thread that has nothing to do ends, and takes its dead Buffers with it.
const pool = new Piscina<number, number>({
  filename: new URL("decode-worker.mjs", import.meta.url).href,
  minThreads: 1,
  maxThreads: 8,
  idleTimeout: 0,
  execArgv: [], // nor does it need a loader for TypeScript
});
const limiter = new AdaptiveLimiter({ gauge: new PoolGauge("400mb"), maxConcurrency: 8 });

const photos = Array.from({ length: 40 }, (_, photo) => photo);
const decode = (photo: number) => pool.run(photo, { name: "decode" });
const guarded = (photo: number) => limiter.run(() => decode(photo));
const decoded = await Promise.all(photos.map(isGuarded ? guarded : decode));
await pool.close();
console.log(`${decoded.length} photos decoded, ${Math.round(process.resourceUsage().maxRSS / 1024)} MB at most`);
