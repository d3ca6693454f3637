/**
 * Queues of others with the gate of memory beside the fixed number that a careful person would set: the heap divided by the largest
 * job. The same jobs in turns, each run in a process of its own with a heap of 512 MB; BullMQ on a real Redis.
 *
 * `npm run bench:integrations [-- RUNS]`: in about half an hour; needs `redis-server`.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { median } from "../src/monitor/trend.ts";
import { startRedis } from "../test/support/redis.ts";
import { type BenchRow, writeResults } from "./support/results.ts";

const RUNS = Number(process.argv[2] ?? 3);
const JOBS = 2400;
const OLD_SPACE_MB = 512;
const LARGEST_MB = 20;
const SAFE = Math.floor(OLD_SPACE_MB / LARGEST_MB);
/** What looks generous, and is not. */
const BOLD = 128;
const GATE = 0;
const DEADLINE_MS = 200_000;
const CASE = join(import.meta.dirname, "integrations", "case.mjs");
const LIBRARIES = { bullmq: "BullMQ 6.7.0", "p-queue": "p-queue 9.3.5", "p-limit": "p-limit 7.3.3" } as const;

type Library = keyof typeof LIBRARIES;

interface Outcome {
  readonly perSecond: number;
  readonly peakRssMb: number;
}

/** Jobs of 1 to 20 MB, four fifths of it objects, that take 0.5 to 2 s. Evenly spread, so that every run has the same. */
const jobs = Array.from({ length: JOBS }, (_, i) => {
  const size = 1 + (LARGEST_MB - 1) * ((i * 0.618_034) % 1);
  return { heapMb: 0.8 * size, externalMb: 0.2 * size, waitMs: 500 + 1500 * ((i * 0.754_878) % 1) };
});

await using redis = await startRedis(3_600_000);
const connection = new Redis(redis.url, { maxRetriesPerRequest: null });
const queue = new Queue("jobs", { connection });
const outcomes = new Map<string, (Outcome | undefined)[]>();
for (let run = 0; run < RUNS; run++) {
  for (const library of Object.keys(LIBRARIES) as Library[]) {
    // A bold number dies within a second; once is enough.
    for (const concurrency of run === 0 ? [SAFE, GATE, BOLD] : [SAFE, GATE]) await runOnce(library, concurrency);
  }
}
await queue.close();
await connection.quit();
writeResults("integrations", "npm run bench:integrations", (Object.keys(LIBRARIES) as Library[]).flatMap(rowsOf));

async function runOnce(library: Library, concurrency: number): Promise<void> {
  if (library === "bullmq") {
    await queue.obliterate({ force: true });
    await queue.addBulk(jobs.map((data) => ({ name: "job", data })));
  }
  const input = JSON.stringify({ library, concurrency, jobs, redisUrl: redis.url });
  const { stdout, stderr, error } = spawnSync(process.execPath, [`--max-old-space-size=${OLD_SPACE_MB}`, CASE], {
    encoding: "utf8",
    input,
    timeout: DEADLINE_MS,
    killSignal: "SIGKILL",
  });
  if (stdout === "" && !stderr.includes("heap out of memory")) throw new Error(stderr, { cause: error });
  const outcome = stdout === "" ? undefined : (JSON.parse(stdout) as Outcome);
  const key = `${library} ${concurrency}`;
  outcomes.set(key, [...(outcomes.get(key) ?? []), outcome]);
  console.log(key, outcome ?? "died");
}

function figures(library: Library, concurrency: number, figure: keyof Outcome): number[] {
  return (outcomes.get(`${library} ${concurrency}`) ?? []).map((outcome) => outcome?.[figure] ?? 0);
}

function rowsOf(library: Library): BenchRow[] {
  const safe = figures(library, SAFE, "perSecond");
  const ratios = figures(library, GATE, "perSecond").map((perSecond, i) =>
    rounded(perSecond / (safe[i] ?? Number.NaN)),
  );
  const bold = outcomes.get(`${library} ${BOLD}`)?.[0];
  return [
    {
      name: `${LIBRARIES[library]} with the gate: jobs a second to those at the fixed number that fits the largest jobs`,
      value: median(ratios),
      unit: "x",
      goal: ">= 1.7",
      runs: ratios,
      peers: {
        [`fixed at ${SAFE}, jobs a second`]: rounded(median(safe)),
        [`fixed at ${BOLD}, jobs a second`]: bold ? rounded(bold.perSecond) : "died of memory",
      },
    },
    {
      name: `${LIBRARIES[library]} with the gate: peak resident set under a heap of ${OLD_SPACE_MB} MB`,
      value: rounded(Math.max(...figures(library, GATE, "peakRssMb"))),
      unit: "MB",
      peers: { [`fixed at ${SAFE}`]: rounded(Math.max(...figures(library, SAFE, "peakRssMb"))) },
    },
  ];
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
