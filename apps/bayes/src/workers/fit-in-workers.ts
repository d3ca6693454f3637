/**
 * Fits a model of a file in worker threads, a chain in one of them at a time. Draws go into shared memory that is taken
 * beforehand, and are saved as they come, so that a fit can be stopped, or killed, and gone on with: the same seed gives the
 * same draws, whatever the number of workers and however often it was interrupted.
 */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { BayesError } from "../errors.ts";
import { conclude, drawsShape, type Fit, type FitOptions, settle } from "../fit.ts";
import { ChainDraws } from "../sampler/chain-draws.ts";
import { ChainFile } from "./chain-file.ts";
import { type FolderUse, identify, openFolder } from "./fit-folder.ts";
import { bindModel, loadModel, pathOf } from "./load-model.ts";
import { type WorkerJob, type WorkerMessage } from "./worker-job.ts";

/** How far a chain is. */
export interface ChainProgress {
  /** Draws made, warm-up included. */
  readonly made: number;
  /** Of these many. */
  readonly total: number;
  readonly isWarm: boolean;
  readonly divergences: number;
  readonly atMaxDepth: number;
}

/** How to fit in workers. */
export interface WorkerFitOptions extends FitOptions, FolderUse {
  /** Worker threads at most. Default: one a chain, no more than there are processors. */
  readonly workers?: number;
  /** Folder in which chains are saved. Default: nothing is saved. */
  readonly directory?: string;
  /** Milliseconds between savings of a chain. Default: 1000. */
  readonly saveEveryMs?: number;
  /** Stops the fit: chains are saved, and the fit so far is what is returned. */
  readonly signal?: AbortSignal;
  /** Told of progress every `progressEveryMs`, and at the end. */
  readonly onProgress?: (chains: readonly ChainProgress[]) => void;
  /** Told when chains have ended, before their draws are summed up. @param numbers - how many those are. */
  readonly onSampled?: (numbers: number) => void;
  /** Default: 200. */
  readonly progressEveryMs?: number;
}

/** A chain that was told to stop has so long for the draw that it is at. */
const STOP_MS = 10_000;

/**
 * Fits a model.
 *
 * @param file - TypeScript or JavaScript, with a model as its default export.
 * @returns the fit; of one that was stopped the chains differ in length.
 * @throws BayesError for whatever does not fit; `ERR_BAYES_CHECKPOINT` for a folder that cannot be used,
 *   `ERR_BAYES_WORKER` where a thread ends before its time.
 */
export async function fitInWorkers(file: string | URL, data: unknown, options: WorkerFitOptions = {}): Promise<Fit> {
  const { workers = availableParallelism(), directory, saveEveryMs = 1000 } = options;
  const { signal, onProgress } = options;
  const settings = settle(draftOf(options));
  if (!Number.isInteger(workers) || workers < 1)
    throw new BayesError("ERR_BAYES_OPTION", `workers must be a whole number from 1, but is ${workers}`);
  const bound = bindModel(await loadModel(file), file, data);
  const shape = drawsShape(bound, settings.draws);
  const fit = directory === undefined ? "" : openFolder(directory, bound.name, identify(bound, settings), options);
  const buffers = Array.from({ length: settings.chains }, () => reserve(ChainDraws.bytesOf(shape), settings.draws));
  const chains = buffers.map((buffer) => new ChainDraws(shape, buffer));
  // What was saved counts even where no worker comes to it any more.
  if (directory !== undefined)
    for (const [index, draws] of chains.entries()) new ChainFile(directory, index, fit).load(draws);
  const job = {
    file: pathOf(file),
    data: bound.data,
    settings,
    shape,
    buffers,
    stop: new Int32Array(new SharedArrayBuffer(4)),
    directory,
    fit,
    saveEveryMs,
  };
  const report = (): void =>
    onProgress?.(
      chains.map(({ made, divergences, atMaxDepth }) => {
        const total = settings.warmUp + settings.draws;
        return { made, total, isWarm: made >= settings.warmUp, divergences, atMaxDepth };
      }),
    );
  const timer = setInterval(report, options.progressEveryMs ?? 200);
  timer.unref();
  try {
    await runWorkers(Math.min(settings.chains, workers), job, signal);
    report();
  } finally {
    clearInterval(timer);
  }
  options.onSampled?.(chains.reduce((sum, { kept }) => sum + kept * shape.quantities, 0));
  return conclude(bound, settings, chains);
}

/** Those of the options that draws depend on. */
function draftOf(options: WorkerFitOptions): FitOptions {
  const { chains, draws, backend, warmUp, seed, sampler, pathLength, targetAcceptance, maxDepth, metric } = options;
  const all = { chains, draws, backend, warmUp, seed, sampler, pathLength, targetAcceptance, maxDepth, metric };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function reserve(bytes: number, draws: number): SharedArrayBuffer {
  try {
    return new SharedArrayBuffer(bytes);
  } catch (error) {
    const message = `${draws} draws of a chain would take ${Math.round(bytes / 2 ** 20)} MB, which cannot be had`;
    throw new BayesError("ERR_BAYES_OPTION", message, { bytes }, error);
  }
}

/** Runs all chains; ends when every thread has. */
async function runWorkers(
  count: number,
  job: Omit<WorkerJob, "chains">,
  signal: AbortSignal | undefined,
): Promise<void> {
  const failures: BayesError[] = [];
  const stop = (): void => void Atomics.store(job.stop, 0, 1);
  const threads = Array.from({ length: count }, (_, first) => {
    const chains = job.buffers.map((_buffer, index) => index).filter((index) => index % count === first);
    const workerData: WorkerJob = { ...job, chains };
    const worker = new Worker(new URL("./chain-worker.js", import.meta.url), {
      workerData,
      execArgv: [],
      stdout: true,
    });
    // What the model prints it has printed when it was loaded here.
    worker.stdout.resume();
    const fail = (error: BayesError): void => {
      failures.push(error);
      stop();
    };
    worker.on("message", ({ code, message, details }: WorkerMessage) => fail(new BayesError(code, message, details)));
    worker.on("error", (error) =>
      fail(new BayesError("ERR_BAYES_WORKER", `a worker ended: ${error.message}`, {}, error)),
    );
    return { worker, ended: new Promise<void>((resolve) => worker.once("exit", () => resolve())) };
  });
  let killing: NodeJS.Timeout | undefined;
  const abort = (): void => {
    stop();
    killing = setTimeout(() => {
      for (const { worker } of threads) void worker.terminate();
    }, STOP_MS);
  };
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort, { once: true });
  try {
    await Promise.all(threads.map(({ ended }) => ended));
  } finally {
    signal?.removeEventListener("abort", abort);
    clearTimeout(killing);
  }
  const [failure] = failures;
  if (failure) throw failure;
}
