/**
 * Asks a language model: one answer, a stream, or many answers, as many at once as help and fit into memory.
 */
import { AdaptiveLimiter, BatchSizer, type SizeInput } from "plimsoll/budget";
import { WorkflowError, wordsOf } from "../workflow-error.ts";
import { bodyOf, Pieces, readPiece } from "./chat.ts";
import { Endpoint, EndpointFailure, failureOf } from "./endpoint.ts";
import { readEvents } from "./event-stream.ts";
import type { Completion, CompletionOptions, LanguageModel, Message } from "./language-model.ts";
import type { LlmConfig } from "./llm-config.ts";
import { manyBodyOf, readMany } from "./many-prompts.ts";
import { Retries } from "./retry.ts";

/** What a stream gives: text as it comes, and at its end the rest. */
export type StreamPart =
  | { readonly kind: "text"; readonly text: string }
  /** Its `text` is empty: the reader has it. */
  | { readonly kind: "end"; readonly completion: Completion };

/** How many prompts are answered. */
export interface BatchOptions extends CompletionOptions {
  /** Requests at once. Default: `auto`, as many as make it faster and fit into memory. */
  readonly concurrency?: number | "auto";
  /**
   * Prompts in a request, for endpoints whose `/completions` takes a list: a number at most, or `auto` for as many as make it faster
   * and fit. Requests follow one another then. Default: 1, over `/chat/completions`.
   */
  readonly perRequest?: number | "auto";
  /** What the process may use. Default: the tightest limit that applies. */
  readonly limit?: SizeInput;
  /** Gives answers as they come, and not in the order of the prompts. Default: false. */
  readonly unordered?: boolean;
}

/** What came of one prompt. */
export type BatchAnswer = { readonly index: number } & (
  | { readonly completion: Completion; readonly error?: undefined }
  | { readonly completion?: undefined; readonly error: WorkflowError }
);

/** What a client has sent and received. */
export interface LlmUsage {
  readonly requests: number;
  readonly answers: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/** The client of one model. */
export class LlmClient implements LanguageModel, AsyncDisposable {
  readonly #config: LlmConfig;
  readonly #endpoint: Endpoint;
  readonly #retries: Retries;
  #usage = { answers: 0, promptTokens: 0, completionTokens: 0 };

  constructor(config: LlmConfig) {
    this.#config = config;
    this.#endpoint = new Endpoint(config);
    this.#retries = new Retries(config);
  }

  /** All requests so far. */
  get usage(): LlmUsage {
    return { requests: this.#retries.sent, ...this.#usage };
  }

  /**
   * Asks for one answer.
   *
   * @throws WorkflowError `ERR_WORKFLOW_MODEL` when there is none in spite of all tries, `ERR_WORKFLOW_REFUSED` when the
   * endpoint does not want the request; the signal's reason when aborted.
   */
  async complete(prompt: string | readonly Message[], options: CompletionOptions = {}): Promise<Completion> {
    const { signal } = options;
    const body = bodyOf(this.#config.model, prompt, options, false);
    return this.#retries.run(async (requests) => {
      const response = await this.#endpoint.send("chat/completions", body, signal);
      const pieces = new Pieces();
      pieces.add(readPiece(await this.#readAll(response, signal)), true);
      return this.#count({ ...pieces.end(), requests });
    }, signal);
  }

  /**
   * Asks for an answer that comes piece by piece. Nothing is read ahead of the reader. Before the first piece it tries again like
   * {@link LlmClient.complete}; a stream that breaks later is an error, as the reader has its beginning already.
   *
   * @throws WorkflowError as `complete` does.
   */
  async *stream(
    prompt: string | readonly Message[],
    options: CompletionOptions = {},
  ): AsyncGenerator<StreamPart, void, undefined> {
    const { signal } = options;
    const body = bodyOf(this.#config.model, prompt, options, true);
    const begun = await this.#retries.run(async (requests) => {
      const response = await this.#endpoint.send("chat/completions", body, signal);
      try {
        const events = readEvents(response, this.#config.timeoutMs);
        const first = await events.next();
        if (first.done) throw new EndpointFailure("failed", "the stream ended before the answer began");
        return { response, events, requests, first: readPiece(first.value) };
      } catch (error) {
        response.destroy();
        throw failureOf(error, signal);
      }
    }, signal);
    const { response, events, requests } = begun;
    const pieces = new Pieces();
    let characters = 0;
    try {
      for (let piece = begun.first; ;) {
        pieces.add(piece, false);
        characters += piece.text.length;
        if (piece.text !== "") yield { kind: "text", text: piece.text };
        const next = await events.next();
        if (next.done || next.value === "[DONE]") break;
        piece = readPiece(next.value);
      }
      if (!pieces.isFinished) throw new EndpointFailure("failed", "the stream ended before the answer did");
    } catch (error) {
      throw this.#broken(failureOf(error, signal), characters);
    } finally {
      response.destroy();
    }
    yield { kind: "end", completion: this.#count({ ...pieces.end(), requests }) };
  }

  /**
   * Answers many prompts, of which there may be any number: the next one is taken when there is room for it. A prompt that gets no
   * answer is told with its error, and does not end the others.
   */
  async *completeBatch(
    prompts: Iterable<string | readonly Message[]> | AsyncIterable<string | readonly Message[]>,
    options: BatchOptions = {},
  ): AsyncGenerator<BatchAnswer, void, undefined> {
    const { concurrency = "auto", perRequest = 1, limit, unordered = false, ...each } = options;
    if (perRequest !== 1) return yield* this.#inRequests(prompts, perRequest, limit, each);
    using limiter = new AdaptiveLimiter({
      name: "prompts",
      ...(concurrency !== "auto" && { maxConcurrency: concurrency }),
      ...(limit !== undefined && { limit }),
    });
    const ask = async (
      prompt: string | readonly Message[],
      index: number,
      signal?: AbortSignal,
    ): Promise<BatchAnswer> => {
      try {
        return { index, completion: await this.complete(prompt, { ...each, ...(signal && { signal }) }) };
      } catch (error) {
        if (WorkflowError.is(error)) return { index, error };
        throw error;
      }
    };
    yield* limiter.map(prompts, ask, { ordered: !unordered, ...(each.signal && { signal: each.signal }) });
  }

  async *#inRequests(
    prompts: Iterable<string | readonly Message[]> | AsyncIterable<string | readonly Message[]>,
    perRequest: number | "auto",
    limit: SizeInput | undefined,
    options: CompletionOptions,
  ): AsyncGenerator<BatchAnswer, void, undefined> {
    using sizer = new BatchSizer({
      name: "prompts a request",
      ...(perRequest !== "auto" && { first: perRequest, max: perRequest }),
      ...(limit !== undefined && { limit }),
    });
    let index = 0;
    for await (const answers of sizer.map(prompts, (some) => this.#askMany(some, options), options.signal))
      for (const answer of answers) yield { index: index++, ...answer };
  }

  /** A request that fails for good has failed for each of its prompts. */
  async #askMany(
    prompts: readonly (string | readonly Message[])[],
    options: CompletionOptions,
  ): Promise<({ completion: Completion } | { error: WorkflowError })[]> {
    const { signal } = options;
    const texts = prompts.filter((prompt) => typeof prompt === "string");
    if (texts.length < prompts.length)
      throw new WorkflowError(
        "ERR_WORKFLOW_OPTION",
        "With perRequest prompts are texts; conversations go one a request.",
      );
    try {
      const body = manyBodyOf(this.#config.model, texts, options);
      const completions = await this.#retries.run(async (requests) => {
        const response = await this.#endpoint.send("completions", body, signal);
        return readMany(await this.#readAll(response, signal), texts.length, requests);
      }, signal);
      return completions.map((completion) => ({ completion: this.#count(completion) }));
    } catch (error) {
      if (!WorkflowError.is(error)) throw error;
      return texts.map(() => ({ error }));
    }
  }

  /** Closes all connections. */
  async close(): Promise<void> {
    await this.#endpoint.close();
  }

  /** The same as {@link LlmClient.close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #readAll(response: AsyncIterable<Buffer> & { destroy(): unknown }, signal?: AbortSignal): Promise<string> {
    const { maxAnswerBytes } = this.#config;
    const chunks: Buffer[] = [];
    let bytes = 0;
    try {
      for await (const chunk of response) {
        bytes += chunk.length;
        if (bytes > maxAnswerBytes)
          throw new EndpointFailure("failed", `an answer of more than ${maxAnswerBytes} bytes`);
        chunks.push(chunk);
      }
    } catch (error) {
      response.destroy();
      throw failureOf(error, signal);
    }
    return Buffer.concat(chunks).toString("utf8");
  }

  #count(completion: Completion): Completion {
    this.#usage.answers++;
    this.#usage.promptTokens += completion.promptTokens;
    this.#usage.completionTokens += completion.completionTokens;
    return completion;
  }

  #broken(error: unknown, characters: number): unknown {
    if (!(error instanceof EndpointFailure)) return error;
    const { model, baseUrl } = this.#config;
    return new WorkflowError(
      "ERR_WORKFLOW_MODEL",
      `The stream of ${model} at ${baseUrl.origin} broke after ${characters} characters: ${wordsOf(error)}.`,
      { characters },
      error,
    );
  }
}
