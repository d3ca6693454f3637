/**
 * What a worker is given, and what it says. Beside the model all of it is shared memory: draws are nowhere copied.
 */
import type { BayesErrorCode } from "../errors.ts";
import type { FitOptions } from "../fit.ts";
import type { DrawsShape } from "../sampler/chain-draws.ts";

/** Everything that a worker needs. */
export interface WorkerJob {
  /** Path of the file of the model. */
  readonly file: string;
  readonly data: unknown;
  readonly settings: Required<FitOptions>;
  readonly shape: DrawsShape;
  /** One a chain. */
  readonly buffers: readonly SharedArrayBuffer[];
  /** Indexes of the chains that the worker runs. */
  readonly chains: readonly number[];
  /** Becomes 1 when chains are to stop. */
  readonly stop: Int32Array;
  /** Where chains are saved; `undefined`: nowhere. */
  readonly directory: string | undefined;
  /** Id of the fit. */
  readonly fit: string;
  readonly saveEveryMs: number;
}

/** An error of a worker. */
export interface WorkerMessage {
  readonly code: BayesErrorCode;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}
