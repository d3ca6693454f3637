/**
 * Names from a language model: batches of bindings, as many calls at once as help and fit, every answer
 * in a journal before the next question. What the model does not name keeps the name that it had.
 */
import { createHash } from "node:crypto";
import { setMaxListeners } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { NameLayer } from "../naming/name-layer.ts";
import type { NameProposals } from "../naming/proposals.ts";
import type { Analysis } from "../scope/analyse.ts";
import type { Source } from "../source/source.ts";
import { UnminifyError } from "../unminify-error.ts";
import { BatchPlan } from "./batch-plan.ts";
import { Caller } from "./caller.ts";
import { Endpoint, type EndpointOptions } from "./endpoint.ts";
import { Journal } from "./journal.ts";
import { type Answer, questionOf, readAnswer } from "./question.ts";

/** Of minified code and JSON, roughly. */
const BYTES_PER_TOKEN = 3;
const TOKENS_PER_ANSWERED_NAME = 14;
/** Questions that are built to estimate all of them. */
const SAMPLE = 16;
/** Calls for fewer names would cost more than they ease. */
const SMALLEST_BATCH = 20;
const HASHED_CHARACTERS = 64 * 1024;
/** Answers mean nothing for another plan or question: the number changes with them. */
const FORMAT = 1;

/** How a model is asked. */
export interface ModelOptions extends EndpointOptions {
  /** Name of the model. */
  readonly model: string;
  /** Calls at once. Default: as many as help and fit. */
  readonly concurrency?: number;
  /** Where answers are kept while the run is not complete. */
  readonly journalPath: string;
  /** Goes on with answers that are there. Default: false, and such answers are an error. */
  readonly mayResume?: boolean;
  /** Keeps answers here instead, by content, for every later run. Default: none. */
  readonly cacheFolder?: string;
  /** Asks no longer than this. Default: no limit. */
  readonly maxTimeMs?: number;
  /** Asks nothing when the estimate is above it. Default: no limit. */
  readonly maxTokens?: number;
  /** Resident bytes above which no further call starts. Default: the tightest limit of the machine. */
  readonly maxMemoryBytes?: number;
  /**
   * Share of the limit, from 0 to 1, above which no further call starts and calls ask for half as many names; so do
   * calls to which there was no answer that can be used. Default: none, all calls are of one size.
   */
  readonly adaptiveShare?: number;
  /** Ends it with `STOPPED`. Default: none. */
  readonly signal?: AbortSignal;
  /** Told once, before the first call. */
  readonly onEstimate?: (estimate: CallEstimate) => void;
  /** Told after each call. */
  readonly onProgress?: (progress: ModelProgress) => void;
}

/** What is about to be asked. */
export interface CallEstimate {
  readonly bindings: number;
  readonly calls: number;
  /** Of the calls, those whose answers are there already. */
  readonly callsDone: number;
  readonly tokensToSend: number;
  readonly tokensToReceive: number;
}

/** How far it is. */
export interface ModelProgress {
  readonly calls: number;
  readonly callsDone: number;
  /** Until the last call; undefined before the first has ended. */
  readonly remainingMs: number | undefined;
}

/** What came of it. */
export interface ModelSummary {
  /** Bindings that were to be asked for. */
  readonly bindings: number;
  /** Bindings that have a name from the model. */
  readonly named: number;
  /** Calls that the whole would take, those answered in this run, and those that got no answer. */
  readonly calls: number;
  readonly answeredCalls: number;
  readonly failedCalls: number;
  /** Requests sent in this run, repeated ones included, and their bytes. */
  readonly requests: number;
  readonly sentBytes: number;
  /** False when something was not answered, in time or at all. */
  readonly isComplete: boolean;
  /** Where the answers are. */
  readonly journalPath: string;
}

/**
 * Lays the names that a model gives over others.
 *
 * @throws UnminifyError `BAD_USAGE` for options that contradict what is there, `OVER_COST`, `MODEL_FAILED`, `STOPPED`.
 */
export async function namesFromModel(
  options: ModelOptions,
  analysis: Analysis,
  source: Source,
  below: NameProposals,
): Promise<{ readonly names: NameProposals; readonly summary: ModelSummary }> {
  const names = new NameLayer(analysis, below, "model");
  const isAnswered = new Uint8Array(analysis.bindings.size);
  const take = (answers: readonly Answer[]): void => {
    for (const [root, name] of answers) {
      isAnswered[root] = 1;
      if (name !== null) names.set(root, analysis.names.idOf(name));
    }
  };
  using journal = openJournal(options, analysis, source, take);
  const plan = new BatchPlan(analysis, below);
  const rootsOf = (batch: number): number[] => [...plan.batch(batch)].filter((root) => isAnswered[root] === 0);
  const bodyOf = (roots: readonly number[]): string =>
    questionOf({ analysis, source, below, plan }, options.model, roots);
  const left = Array.from({ length: plan.size }, (_, batch) => batch).filter((batch) => rootsOf(batch).length > 0);
  const estimate = estimateCalls(plan, left, (batch) => bodyOf(rootsOf(batch)));
  options.onEstimate?.(estimate);
  refuseAbove(options.maxTokens, estimate);
  using endpoint = await Endpoint.open(options);
  const stop = new AbortController();
  // Every open call listens, however many there are.
  setMaxListeners(0, stop.signal);
  const abort = (): void => stop.abort();
  options.signal?.addEventListener("abort", abort);
  if (options.signal?.aborted) abort();
  const timer = options.maxTimeMs === undefined ? undefined : setTimeout(abort, options.maxTimeMs);
  const caller = new Caller(endpoint, stop.signal);
  try {
    const askFor = async (roots: readonly number[], isTight: () => boolean): Promise<void> => {
      const mayHalve = options.adaptiveShare !== undefined && roots.length > SMALLEST_BATCH;
      if (!(mayHalve && isTight())) {
        const answers = await caller.ask(bodyOf(roots), (text) => readAnswer(analysis, roots, text));
        if (answers !== undefined) {
          journal.add(answers);
          take(answers);
          return;
        }
        if (!mayHalve) return;
      }
      const half = Math.ceil(roots.length / 2);
      await askFor(roots.slice(0, half), isTight);
      await askFor(roots.slice(half), isTight);
    };
    await askAll(options, left, stop.signal, plan.size, (batch, isTight) => askFor(rootsOf(batch), isTight));
  } catch (error) {
    const isOver = stop.signal.aborted && !(error instanceof UnminifyError);
    if (!isOver) throw withResume(error, journal.path);
    if (options.signal?.aborted)
      throw withResume(new UnminifyError("STOPPED", "Stopped while the model was asked."), journal.path);
  } finally {
    clearTimeout(timer);
    // What the last answer's connection holds goes only when the event loop turns.
    await nextTurn();
    options.signal?.removeEventListener("abort", abort);
  }
  const summary = {
    bindings: plan.bindings,
    named: names.size,
    calls: plan.size,
    answeredCalls: caller.answered,
    failedCalls: caller.failed,
    requests: caller.sent,
    sentBytes: caller.sentBytes,
    isComplete: left.every((batch) => rootsOf(batch).length === 0),
    journalPath: journal.path,
  };
  return { names, summary };
}

/** Runs the calls; Plimsoll's limiter is loaded only here. */
async function askAll(
  { concurrency, maxMemoryBytes, adaptiveShare = 1, onProgress }: ModelOptions,
  batches: readonly number[],
  signal: AbortSignal,
  calls: number,
  ask: (batch: number, isTight: () => boolean) => Promise<void>,
): Promise<void> {
  if (batches.length === 0) return;
  const { AdaptiveLimiter } = await import("plimsoll/budget");
  using limiter = new AdaptiveLimiter({
    name: "model calls",
    ...(concurrency !== undefined && { maxConcurrency: concurrency }),
    limit: maxMemoryBytes === undefined ? `${adaptiveShare * 100}%` : Math.floor(maxMemoryBytes * adaptiveShare),
  });
  const isTight = (): boolean => process.memoryUsage.rss() > limiter.status().residentCapBytes;
  // So that it sees what is held without any call, and bills no call for the text and the tables.
  globalThis.gc?.();
  const start = Date.now();
  let done = 0;
  for await (const _ of limiter.map(batches, (batch) => ask(batch, isTight), { ordered: false, signal })) {
    done++;
    onProgress?.({
      calls,
      callsDone: calls - batches.length + done,
      remainingMs: ((Date.now() - start) / done) * (batches.length - done),
    });
  }
}

function openJournal(
  options: ModelOptions,
  analysis: Analysis,
  source: Source,
  take: (answers: readonly Answer[]) => void,
): Journal {
  const key = keyOf(options.model, analysis, source);
  if (options.cacheFolder !== undefined) {
    mkdirSync(options.cacheFolder, { recursive: true });
    return Journal.open(join(options.cacheFolder, `${key}.answers`), key, take);
  }
  const journal = Journal.open(options.journalPath, key, take);
  if (journal.calls === 0 || options.mayResume === true) return journal;
  journal[Symbol.dispose]();
  throw new UnminifyError(
    "BAD_USAGE",
    `${options.journalPath} holds the answers of a run that did not end: give --resume to go on with them, or remove it.`,
  );
}

/** The same for the same text, analysed alike, and the same model. */
function keyOf(model: string, { bindings, order }: Analysis, { text, encoding }: Source): string {
  const hash = createHash("sha256").update(JSON.stringify([FORMAT, model, bindings.size, order.length]));
  for (let at = 0; at < text.length; at += HASHED_CHARACTERS)
    hash.update(text.slice(at, at + HASHED_CHARACTERS), encoding);
  return hash.digest("hex").slice(0, 32);
}

function estimateCalls(plan: BatchPlan, left: readonly number[], bodyOf: (batch: number) => string): CallEstimate {
  const step = Math.max(1, Math.floor(left.length / SAMPLE));
  const sample = left.filter((_, index) => index % step === 0);
  const bytes = sample.reduce((sum, batch) => sum + Buffer.byteLength(bodyOf(batch)), 0);
  const bindings = left.reduce((sum, batch) => sum + plan.batch(batch).length, 0);
  return {
    bindings: plan.bindings,
    calls: plan.size,
    callsDone: plan.size - left.length,
    tokensToSend: Math.ceil(((bytes / Math.max(1, sample.length)) * left.length) / BYTES_PER_TOKEN),
    tokensToReceive: bindings * TOKENS_PER_ANSWERED_NAME,
  };
}

function refuseAbove(maxTokens: number | undefined, { tokensToSend, tokensToReceive }: CallEstimate): void {
  const tokens = tokensToSend + tokensToReceive;
  if (maxTokens === undefined || tokens <= maxTokens) return;
  throw new UnminifyError(
    "OVER_COST",
    `The calls would take about ${tokens} tokens, more than the ${maxTokens} that --max-cost-tokens allows. Nothing was asked.`,
  );
}

function withResume(error: unknown, path: string): unknown {
  if (!(error instanceof UnminifyError)) return error;
  return new UnminifyError(
    error.code,
    `${error.message} The answers so far are in ${path}: the same command with --resume goes on from there.`,
    error,
  );
}
