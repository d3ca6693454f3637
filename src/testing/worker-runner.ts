/**
 * What the reporter puts into vitest's workers: the usual runner, which after each test file reads the heap after a
 * full collection and sends it along with the results. Collections have a budget of the worker's time; a reading that lies
 * barely above the last floor needs none, because what is alive cannot be more than that.
 */
import { forceGC } from "../monitor/force-gc.ts";
import { TestRunner } from "vitest";
import { FLOORS_KEY, type WorkerFloor } from "./worker-floor.ts";
import { readTime } from "./real-time.ts";

/** Share of the worker's time that collections may take. */
const BUDGET_RATIO = 0.03;
/** Growth below this is of no interest, and a collection would only confirm that it is small. */
const SLACK_BYTES = 2 ** 20;

/** State of this worker, shared by the runners that vitest makes for each file. */
const worker = { floorBytes: 0, files: 0, spentMs: 0, lastMs: 0 };

/** Vitest's runner, and a floor after each file. */
export class FloorRunner extends TestRunner {
  /** Called by vitest after each suite, a whole file being one of them. */
  override async onAfterRunSuite(suite: Parameters<TestRunner["onAfterRunSuite"]>[0]): Promise<void> {
    await super.onAfterRunSuite(suite);
    if (!("filepath" in suite)) return;
    const floor = readFloor();
    Object.assign(suite.meta, { [FLOORS_KEY]: floor });
  }
}

function readFloor(): WorkerFloor {
  worker.files += 1;
  const usedBytes = process.memoryUsage().heapUsed;
  const isFirst = worker.files === 1;
  const fits = worker.spentMs + worker.lastMs <= BUDGET_RATIO * readTime();
  const isCollected = fits && (isFirst || usedBytes > worker.floorBytes + SLACK_BYTES);
  if (isCollected) {
    const { after, pauseMs } = forceGC();
    worker.floorBytes = after.heapUsedBytes;
    worker.lastMs = pauseMs;
    worker.spentMs += pauseMs;
  }
  return {
    worker: `${process.pid}-${process.env["VITEST_POOL_ID"] ?? "0"}-${Math.round(performance.timeOrigin)}`,
    order: worker.files,
    usedBytes,
    floorBytes: isCollected ? worker.floorBytes : undefined,
    spentMs: worker.spentMs,
  };
}

// oxlint-disable-next-line import/no-default-export -- vitest loads the default export of a runner
export { FloorRunner as default };
