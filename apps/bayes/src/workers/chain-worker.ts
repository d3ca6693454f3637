/**
 * What runs in each worker thread: the model is loaded and compiled once, then chains are claimed and run one after the
 * other until none is left or all are to stop. Which worker runs which chain makes no difference to the draws.
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
import { CONTROL, type WorkerJob, type WorkerMessage } from "./worker-job.ts";

/** A chain moves for so long before it is looked whether it is to stop or to be saved. */
const SLICE_MS = 25;

async function runChain(job: WorkerJob, bound: BoundModel, engine: Engine, index: number): Promise<void> {
  const buffer = job.buffers[index];
  if (!buffer) return;
  const { settings, control } = job;
  const draws = new ChainDraws(job.shape, buffer);
  const file = job.directory === undefined ? undefined : new ChainFile(job.directory, index, job.fit);
  const checkpoint = file?.load(draws);
  const run = new ChainRun(bound, engine, { index, draws, settings }, checkpoint);
  let savedAtMs = performance.now();
  while (!run.isDone) {
    run.advance(SLICE_MS);
    const isStopped = Atomics.load(control, CONTROL.stop) === 1;
    if (run.isDone || isStopped || performance.now() - savedAtMs >= job.saveEveryMs) {
      file?.save(draws, run.checkpoint());
      savedAtMs = performance.now();
    }
    if (isStopped) return;
    await yieldTurn();
  }
}

async function work(job: WorkerJob): Promise<void> {
  const bound = bindModel(await loadModel(job.file), job.file, job.data);
  const { backend } = job.settings;
  if (backend === "jax") await loadJax();
  using engine = openEngine(bound, backend);
  while (Atomics.load(job.control, CONTROL.stop) === 0) {
    const index = Atomics.add(job.control, CONTROL.nextChain, 1);
    if (index >= job.buffers.length) break;
    await runChain(job, bound, engine, index);
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
