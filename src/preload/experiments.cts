/**
 * Tries on the running program what tells kinds of growth apart, and measures what it did: a forced
 * collection, the end of an event-loop turn, a trim of the allocator. Only ever on request.
 */
import type { ExperimentMessage, ExperimentName, ExperimentReading } from "../base/wire.ts" with {
  "resolution-mode": "import",
};
import type { Collections } from "./collections.cts";
import type { Glibc } from "./glibc.cts";

const { setTimeout } = globalThis;

/** What was measured; the caller adds which request it answers. */
type Outcome = Pick<ExperimentMessage, "before" | "after" | "collected" | "pauseMs">;

/**
 * Runs one experiment.
 *
 * @param collections - to force collections with.
 * @param glibc - needed for `trim`; throws where there is none.
 * @param tell - called with the outcome, for `turn` after the present turn has ended; never when this throws.
 */
function experiment(
  name: ExperimentName,
  collections: Collections,
  glibc: () => Glibc,
  tell: (outcome: Outcome) => void,
): void {
  if (name === "trim") {
    const allocator = glibc();
    const before = read(allocator);
    const pauseMs = timeOf(() => allocator.trim());
    tell({ before, after: read(allocator), pauseMs });
    return;
  }
  const before = read();
  const collect = (): number => timeOf(() => void collections.force(undefined));
  const firstMs = collect();
  const after = read();
  if (name === "collect") {
    tell({ before, after, pauseMs: firstMs });
    return;
  }
  // What a WeakRef gave in a turn stays alive until that turn has ended.
  setTimeout(() => {
    const pauseMs = firstMs + collect();
    tell({ before, collected: after, after: read(), pauseMs });
  }, 0).unref();
}

function read(allocator?: Glibc): ExperimentReading {
  const { rss, heapUsed, heapTotal, external, arrayBuffers } = process.memoryUsage();
  const account = allocator?.account();
  return {
    rssBytes: rss,
    heapUsedBytes: heapUsed,
    heapTotalBytes: heapTotal,
    externalBytes: external,
    arrayBuffersBytes: arrayBuffers,
    ...(account && {
      allocatorUsedBytes: account.usedBytes,
      allocatorFreeBytes: account.freeBytes,
      allocatorMmappedBytes: account.mmappedBytes,
    }),
  };
}

function timeOf(action: () => void): number {
  const began = process.hrtime.bigint();
  action();
  return Number(process.hrtime.bigint() - began) / 1e6;
}

export type { experiment };
module.exports = { experiment };
