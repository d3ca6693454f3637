/**
 * One WebAssembly function on another thread while this one goes on, in the same memory. This thread may block, so the
 * answer is waited for with Atomics and not with messages; what does not answer is done here.
 */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { SnapshotFunctions, Workspace } from "./kernels.ts";

/** All that the thread does; it needs no file of its own. 1 stands for done, 2 for failed. */
const BODY = `
const { module, memory, name, parameters, state } = require("node:worker_threads").workerData;
let outcome = 2;
try {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  exports[name](...parameters);
  outcome = 1;
} finally {
  Atomics.store(state, 0, outcome);
  Atomics.notify(state, 0);
}`;
/** Nodes below which starting a thread costs more than it saves. */
const LEAST_NODES = 200_000;
const PATIENCE_MS = 60_000;

/**
 * Starts a function.
 *
 * @returns waits until it is done.
 */
export function startBeside(
  workspace: Workspace,
  nodeCount: number,
  name: keyof SnapshotFunctions,
  parameters: readonly number[],
): () => void {
  const here = (): void => {
    workspace.functions[name](...parameters);
  };
  if (nodeCount < LEAST_NODES || availableParallelism() < 2) return here;
  const state = new Int32Array(new SharedArrayBuffer(4));
  const { module, memory } = workspace;
  const worker = new Worker(BODY, {
    eval: true,
    workerData: { module, memory, name, parameters, state },
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
    execArgv: [],
  });
  worker.unref();
  worker.on("error", () => {});
  return () => {
    Atomics.wait(state, 0, 0, PATIENCE_MS);
    // A thread that is still at it would write into what is used for something else next.
    if (state[0] === 0) throw new Error(`${name} on the second thread does not end`);
    if (state[0] === 2) here();
  };
}
