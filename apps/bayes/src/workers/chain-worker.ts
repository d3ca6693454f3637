/**
 * What runs in each worker thread: the model is loaded and compiled once, then its chains are run until they are done or are
 * to stop. Which worker runs which chain makes no difference to the draws.
 */
import { parentPort, workerData } from "node:worker_threads";
import { yieldTurn } from "plimsoll/scope";
import { BayesError } from "../errors.ts";
import { openEngine } from "../fit.ts";
import { loadJax } from "../jax/engine.ts";
import type { BoundModel } from "../model/model.ts";
import { ChainDraws } from "../sampler/chain-draws.ts";
import { ChainRun, type Engine } from "../sampler/chain-run.ts";
import { ChainFile } from "./chain-file.ts";
import { bindModel, loadModel } from "./load-model.ts";
import type { WorkerJob, WorkerMessage } from "./worker-job.ts";

/** A chain moves for so long before it is looked whether it is to stop or to be saved. */
const SLICE_MS = 25;

/** A chain with the files that it is saved in. */
interface SavedRun {
  readonly run: ChainRun;
  readonly draws: ChainDraws;
  readonly file: ChainFile | undefined;
  savedAtMs: number;
}

function openRun(job: WorkerJob, bound: BoundModel, engine: Engine, index: number): SavedRun[] {
  const buffer = job.buffers[index];
  if (!buffer) return [];
  const draws = new ChainDraws(job.shape, buffer);
  const file = job.directory === undefined ? undefined : new ChainFile(job.directory, index, job.fit);
  const run = new ChainRun(bound, engine, { index, draws, settings: job.settings }, file?.load(draws));
  return [{ run, draws, file, savedAtMs: performance.now() }];
}

/** Runs its chains by turns, so that all of them have draws when the fit is stopped. */
async function work(job: WorkerJob): Promise<void> {
  const bound = bindModel(await loadModel(job.file), job.file, job.data);
  const { backend } = job.settings;
  if (backend === "jax") await loadJax();
  using engine = openEngine(bound, backend);
  let runs = job.chains.flatMap((index) => openRun(job, bound, engine, index));
  for (let isStopped = false; !isStopped && runs.length > 0; runs = runs.filter(({ run }) => !run.isDone)) {
    isStopped = Atomics.load(job.stop, 0) === 1;
    for (const each of runs) {
      const { run, draws, file } = each;
      if (!isStopped && !run.isDone) run.advance(SLICE_MS);
      if (run.isDone || isStopped || performance.now() - each.savedAtMs >= job.saveEveryMs) {
        file?.save(draws, run.checkpoint());
        each.savedAtMs = performance.now();
      }
      await yieldTurn();
    }
  }
}

try {
  await work(workerData as WorkerJob);
} catch (error) {
  if (!BayesError.is(error)) throw error;
  const { code, message, details } = error;
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  parentPort?.postMessage({ code, message, details } satisfies WorkerMessage);
}
