/**
 * Asks until there is an answer, within reason: waits as long as it is told to, tries again what may be
 * better next time, and gives up for good where nothing is.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { UnminifyError } from "../unminify-error.ts";
import type { Endpoint, Reply } from "./endpoint.ts";
import { COOL } from "./question.ts";

const MAX_FAILURES = 4;
const MAX_BUSY = 20;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;
/** So many calls in a row without an answer: the endpoint is not there any more. */
const MAX_IN_A_ROW = 10;

/** Calls of one run. */
export class Caller {
  readonly #endpoint: Endpoint;
  readonly #signal: AbortSignal;
  /** No call before, because the endpoint said so. */
  #notBeforeMs = 0;
  #failedInARow = 0;
  /** Some models take no temperature but their own. */
  #mayCool = true;
  /** Requests that were sent. */
  sent = 0;
  /** Bytes of their bodies. */
  sentBytes = 0;
  /** Calls that got an answer, and calls that got none. */
  answered = 0;
  failed = 0;

  constructor(endpoint: Endpoint, signal: AbortSignal) {
    this.#endpoint = endpoint;
    this.#signal = signal;
  }

  /**
   * Asks one question.
   *
   * @param read - reads the text of an answer; undefined where it is none.
   * @returns undefined where there was no answer.
   * @throws UnminifyError `MODEL_FAILED` when there will be none, and the signal's reason.
   */
  async ask<T>(body: string, read: (text: string) => T | undefined): Promise<T | undefined> {
    let [failures, busy, reason] = [0, 0, ""];
    while (failures < MAX_FAILURES && busy < MAX_BUSY) {
      await this.#wait(this.#notBeforeMs - Date.now());
      const reply = await this.#send(body);
      const answer = reply.kind === "answer" ? read(reply.text) : undefined;
      if (answer !== undefined) {
        this.answered++;
        this.#failedInARow = 0;
        return answer;
      }
      reason = reply.kind === "answer" ? "its answer held no names" : reply.reason;
      if (reply.kind === "refused") {
        if (reply.parameter !== "temperature" || failures++ > 0) break;
        this.#mayCool = false;
        continue;
      }
      const tries = reply.kind === "busy" ? busy++ : failures++;
      const backOffMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** tries);
      if (reply.kind !== "busy") await this.#wait(failures < MAX_FAILURES ? backOffMs : 0);
      else this.#notBeforeMs = Math.max(this.#notBeforeMs, Date.now() + (reply.waitMs ?? backOffMs));
    }
    this.failed++;
    this.#failedInARow++;
    if (this.answered === 0 || this.#failedInARow >= MAX_IN_A_ROW)
      throw new UnminifyError("MODEL_FAILED", `The model does not answer: ${reason}.`);
    return undefined;
  }

  async #send(body: string): Promise<Reply> {
    this.#signal.throwIfAborted();
    const sent = this.#mayCool ? body : body.replace(COOL, "");
    this.sent++;
    this.sentBytes += Buffer.byteLength(sent);
    const reply = await this.#endpoint.ask(sent, this.#signal);
    this.#signal.throwIfAborted();
    return reply;
  }

  async #wait(ms: number): Promise<void> {
    this.#signal.throwIfAborted();
    if (ms > 0) await sleep(ms, undefined, { signal: this.#signal });
  }
}
