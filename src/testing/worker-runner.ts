/**
 * What the reporter puts into vitest's workers: the usual runner, which before each test file reads the heap after a
 * full collection and sends it along with the file's results. Before, not after: only then is what belongs to the file before
 * gone. Collections have a budget of the worker's time; a reading barely above the last floor needs none, because what is
 * alive cannot be more than that.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { TestRunner } from "vitest";
import { forceGC } from "../monitor/force-gc.ts";
import { readTime } from "./real-time.ts";
import { EVERY_FILE_VARIABLE, FLOORS_KEY, type WorkerFloor } from "./worker-floor.ts";

/** Share of the worker's time that collections may take. */
const BUDGET_RATIO = 0.03;
/** What they may take besides, so that short suites are measured too. */
const CREDIT_MS = 50;
/** Growth below this is of no interest, and a collection would only confirm that it is small. */
const SLACK_BYTES = 2 ** 20;
/** Growth from one floor to the next that is worth a heap snapshot, once in a worker. */
const NAMED_BYTES = 4 * 2 ** 20;

/** State of this worker, shared by the runners that vitest makes for each file. */
const worker = { floorBytes: Number.NaN, files: 0, spentMs: 0, lastMs: 0, isNamed: false, ownBytes: 0 };

/** Vitest's runner, and a floor before each file. */
export class FloorRunner extends TestRunner {
  /** Called by vitest before a test file is loaded. */
  // oxlint-disable-next-line typescript/no-misused-promises -- vitest waits for it
  override async onCollectStart(file: Parameters<TestRunner["onCollectStart"]>[0]): Promise<void> {
    super.onCollectStart(file);
    // Targets of weak references live until the turn ends.
    await nextTurn();
    Object.assign(file.meta, { [FLOORS_KEY]: await readFloor() });
  }
}

async function readFloor(): Promise<WorkerFloor> {
  worker.files += 1;
  const usedBytes = process.memoryUsage().heapUsed - worker.ownBytes;
  const isEvery = process.env[EVERY_FILE_VARIABLE] === "1";
  const fits = isEvery || worker.spentMs + worker.lastMs <= CREDIT_MS + BUDGET_RATIO * readTime();
  // The first file loads what all files use: nothing is measured before it.
  const mayHaveGrown = worker.files > 1 && (isEvery || !(usedBytes <= worker.floorBytes + SLACK_BYTES));
  const isCollected = fits && mayHaveGrown;
  return {
    worker: `${process.pid}-${process.env["VITEST_POOL_ID"] ?? "0"}-${Math.round(performance.timeOrigin)}`,
    order: worker.files,
    usedBytes,
    ...(isCollected ? await collect() : { floorBytes: undefined, holders: [] }),
    spentMs: worker.spentMs,
  };
}

async function collect(): Promise<Pick<WorkerFloor, "floorBytes" | "holders">> {
  const { after, pauseMs } = forceGC();
  const floorBytes = after.heapUsedBytes - worker.ownBytes;
  worker.lastMs = pauseMs;
  worker.spentMs += pauseMs;
  const isNamed = !worker.isNamed && floorBytes - worker.floorBytes >= NAMED_BYTES;
  worker.isNamed ||= isNamed;
  worker.floorBytes = floorBytes;
  if (!isNamed) return { floorBytes, holders: [] };
  // Only here: most workers never need what reads snapshots.
  const { nameLargest } = await import("./name-holders.ts");
  const holders = nameLargest();
  // What reads snapshots stays loaded, and is no file's.
  worker.ownBytes += forceGC().after.heapUsedBytes - after.heapUsedBytes;
  return { floorBytes, holders };
}

// oxlint-disable-next-line import/no-default-export -- vitest loads the default export of a runner
export { FloorRunner as default };
