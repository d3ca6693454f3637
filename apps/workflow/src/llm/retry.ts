/**
 * Tries again, within reason: waits as long as the endpoint says, doubles its own waits, and gives up for good where nothing gets
 * better. What one request learns of a busy endpoint holds for all.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { WorkflowError } from "../workflow-error.ts";
import { EndpointFailure } from "./endpoint.ts";
import type { LlmConfig } from "./llm-config.ts";

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 30_000;

/** The tries of all requests to one endpoint. */
export class Retries {
  readonly #config: LlmConfig;
  /** No request before, because the endpoint said so. */
  #notBeforeMs = 0;
  /** Requests that were sent. */
  sent = 0;

  constructor(config: LlmConfig) {
    this.#config = config;
  }

  /**
   * Sends a request until it is answered.
   *
   * @param send - is told which try it is, from 1.
   * @throws WorkflowError `ERR_WORKFLOW_MODEL` or `ERR_WORKFLOW_REFUSED`, or the signal's reason.
   */
  async run<R>(send: (request: number) => Promise<R>, signal: AbortSignal | undefined): Promise<R> {
    const { maxRetries, maxBusyMs } = this.#config;
    let [failures, busy, busyMs] = [0, 0, 0];
    for (let request = 1; ; request++) {
      await wait(this.#notBeforeMs - Date.now(), signal);
      try {
        this.sent++;
        return await send(request);
      } catch (error) {
        if (!(error instanceof EndpointFailure)) throw error;
        if (error.kind === "refused") throw this.#refused(error);
        const backOffMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (error.kind === "busy" ? busy++ : failures++));
        // Those who failed together must not come back together.
        const waitMs = error.waitMs ?? backOffMs * (0.75 + Math.random() / 2);
        if (error.kind === "busy") {
          busyMs += waitMs;
          if (busyMs > maxBusyMs)
            throw this.#gaveUp(error, request, `it was busy for ${Math.round(maxBusyMs / 1000)} s`);
          this.#notBeforeMs = Math.max(this.#notBeforeMs, Date.now() + waitMs);
        } else {
          if (failures > maxRetries) throw this.#gaveUp(error, request, error.message);
          await wait(waitMs, signal);
        }
      }
    }
  }

  #refused(error: EndpointFailure): WorkflowError {
    const { model, baseUrl } = this.#config;
    return new WorkflowError(
      "ERR_WORKFLOW_REFUSED",
      `The model ${model} at ${baseUrl.origin} refuses the request: ${error.message}. Look at the model's name, the key and the options.`,
      {},
      error,
    );
  }

  #gaveUp(error: EndpointFailure, requests: number, reason: string): WorkflowError {
    const { model, baseUrl } = this.#config;
    const tries = requests === 1 ? "1 request" : `${requests} requests`;
    return new WorkflowError(
      "ERR_WORKFLOW_MODEL",
      `The model ${model} at ${baseUrl.origin} does not answer, after ${tries}: ${reason}.`,
      { requests },
      error,
    );
  }
}

async function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  if (ms <= 0) return;
  try {
    await sleep(ms, undefined, signal && { signal });
  } catch {
    signal?.throwIfAborted();
  }
}
