/**
 * Runs workflows inside a memory limit: nodes start when there is room, large values lie on disk when there is none, and with
 * checkpoints a run that was killed goes on where it was.
 */
import { randomUUID } from "node:crypto";
import { setMaxListeners } from "node:events";
import { AdaptiveLimiter, type LimiterStatus, type SizeInput } from "plimsoll/budget";
import type { Graph, Typed } from "../graph/node.ts";
import type { LanguageModel } from "../llm/language-model.ts";
import { LlmClient } from "../llm/llm-client.ts";
import { LlmConfig } from "../llm/llm-config.ts";
import { WorkflowError } from "../workflow-error.ts";
import { type CheckpointPlace, Checkpoints, type RunRecord } from "./checkpoints.ts";
import { runGraph } from "./graph-run.ts";
import { type Profile, type ProfileName, profileFor } from "./profile.ts";
import { Progress, type RunProgress, type RunState, Scope } from "./run-state.ts";
import { type OpenSession, Sessions } from "./sessions.ts";
import { type Held, Values, type ValueStatus } from "./values.ts";
import { scratchFiles, type ValueFiles } from "./value-files.ts";
import { shapeOf } from "./shape.ts";

/** How an executor works. */
export interface ExecutorOptions {
  /** What matters most. Default: `auto`. */
  readonly profile?: ProfileName;
  /** What the process may use: a size, or a share of the tightest limit. Default: that limit. */
  readonly limit?: SizeInput;
  /** Whom agents ask that have no model of their own. Default: nobody. */
  readonly llm?: LlmConfig | LanguageModel;
  /** Where what has finished is kept. Default: nowhere, a run that ends is lost. */
  readonly checkpoints?: CheckpointPlace;
  /** Most nodes at once, whatever fits. Default: the profile's. */
  readonly maxConcurrency?: number;
  /** Ended runs whose output is kept in the checkpoints. Default: 100. */
  readonly keepRuns?: number;
}

/** How one run is made. */
export interface ExecuteOptions {
  /** Of the run; one that is known goes on, or gives its output again. Default: a new one. */
  readonly id?: string;
  /** Runs of one session follow one another and share what it keeps. Default: none. */
  readonly session?: string;
  /** Stops it. Default: none. */
  readonly signal?: AbortSignal;
  /** Told after each node and item. */
  readonly onProgress?: (progress: RunProgress) => void;
}

/** What came of a run. */
export interface RunResult<Out> {
  /** Of the run, to go on with. */
  readonly id: string;
  readonly output: Out;
  /** How far it is: all of it. */
  readonly progress: RunProgress;
  readonly elapsedMs: number;
}

/** What an executor does now. */
export interface ExecutorStatus {
  readonly profile: Profile;
  readonly limiter: LimiterStatus;
  readonly values: ValueStatus;
  readonly sessions: { readonly sessions: number; readonly bytes: number };
  /** Runs that have not ended. */
  readonly runs: number;
}

const KEEP_RUNS = 100;

interface Parts {
  readonly values: Values;
  readonly files: ValueFiles;
  readonly checkpoints: Checkpoints | undefined;
  readonly sessions: Sessions;
}

/** Runs workflows. */
export class Executor implements AsyncDisposable {
  readonly #options: ExecutorOptions;
  readonly #profile: Profile;
  readonly #limiter: AdaptiveLimiter;
  readonly #llm: LanguageModel | undefined;
  readonly #running = new Set<string>();
  #parts: Promise<Parts> | undefined;
  #now: Parts | undefined;
  #isClosed = false;

  /** @throws WorkflowError `ERR_WORKFLOW_OPTION` when an option is out of range. */
  constructor(options: ExecutorOptions = {}) {
    this.#options = options;
    this.#profile = profileFor(options.profile ?? "auto", options.limit);
    const maxConcurrency = options.maxConcurrency ?? this.#profile.maxConcurrency;
    this.#limiter = new AdaptiveLimiter({
      name: "workflow",
      maxConcurrency,
      ...(this.#profile.limitBytes !== undefined && { limit: this.#profile.limitBytes }),
    });
    this.#llm = options.llm instanceof LlmConfig ? new LlmClient(options.llm) : options.llm;
  }

  /**
   * Runs a workflow to its end.
   *
   * @throws WorkflowError that names the node: `ERR_WORKFLOW_NODE`, `ERR_WORKFLOW_SCHEMA`, `ERR_WORKFLOW_MODEL` and others;
   * `ERR_WORKFLOW_STOPPED` when it was stopped, `ERR_WORKFLOW_RESUME` when a run of that id is of another workflow.
   */
  async execute<In, Out>(
    workflow: Graph & Typed<In, Out>,
    input: In,
    options: ExecuteOptions = {},
  ): Promise<RunResult<Out>> {
    workflow.validate();
    const { id = randomUUID() } = options;
    if (this.#running.has(id))
      throw new WorkflowError("ERR_WORKFLOW_OPTION", `The run ${id} is running already.`, { id });
    const parts = await this.#open();
    this.#running.add(id);
    try {
      const known = await parts.checkpoints?.run(id);
      const session = known ? known.session : options.session;
      return await parts.sessions.use(session, (open) =>
        this.#run<Out>(workflow, input, { ...options, id }, open, known, parts),
      );
    } finally {
      this.#running.delete(id);
    }
  }

  /** Runs a workflow, and forgets it and its session: nothing of them stays in memory or in the checkpoints. */
  async executeAndCleanup<In, Out>(
    workflow: Graph & Typed<In, Out>,
    input: In,
    options: ExecuteOptions = {},
  ): Promise<RunResult<Out>> {
    const result = await this.execute(workflow, input, options);
    const { checkpoints, sessions, values } = await this.#open();
    if (options.session !== undefined) await sessions.forget(options.session);
    for (const stored of (await checkpoints?.forget(result.id, options.session)) ?? []) await values.remove(stored);
    return result;
  }

  /**
   * Goes on with a run that did not end, with the input that it was given.
   *
   * @throws WorkflowError `ERR_WORKFLOW_RESUME` when there is none of this id, or its workflow has changed; else as `execute`.
   */
  async resume<In, Out>(
    workflow: Graph & Typed<In, Out>,
    id: string,
    options: Omit<ExecuteOptions, "id" | "session"> = {},
  ): Promise<RunResult<Out>> {
    const { checkpoints } = await this.#open();
    const known = await checkpoints?.run(id);
    if (!known) {
      const open = (await checkpoints?.unfinished()) ?? [];
      const some = open.slice(0, 3).map(({ id: other, workflow: of }) => `${other} (${of})`);
      const which = some.length > 0 ? `Those that can go on: ${some.join(", ")}.` : "There is none that can go on.";
      throw new WorkflowError("ERR_WORKFLOW_RESUME", `There is no run ${id} in these checkpoints. ${which}`, { id });
    }
    // The input is the one that was kept.
    return this.execute(workflow as Graph & Typed<unknown, Out>, undefined, { ...options, id });
  }

  /** What it does now; undefined parts are 0 before the first run. */
  status(): ExecutorStatus {
    return {
      profile: this.#profile,
      limiter: this.#limiter.status(),
      values: this.#now?.values.status() ?? { heldBytes: 0, fileBytes: 0, large: 0, written: 0, readBack: 0 },
      sessions: this.#now?.sessions.status ?? { sessions: 0, bytes: 0 },
      runs: this.#running.size,
    };
  }

  /** Lets go of everything. Runs must have ended. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#limiter[Symbol.dispose]();
    if (this.#options.llm instanceof LlmConfig && this.#llm instanceof LlmClient) await this.#llm.close();
    const parts = await this.#parts?.catch(() => undefined);
    if (!parts) return;
    try {
      await parts.sessions.settle();
    } finally {
      parts.sessions[Symbol.dispose]();
      await parts.checkpoints?.close();
      await parts.files.close();
    }
  }

  /** The same as {@link Executor.close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #open(): Promise<Parts> {
    if (this.#isClosed) throw new WorkflowError("ERR_WORKFLOW_OPTION", "This executor is closed. Make another.");
    return (this.#parts ??= this.#openParts());
  }

  async #openParts(): Promise<Parts> {
    const { checkpoints: place } = this.#options;
    const { valueBytes, sessionBytes, historyBytes, largeBytes, flushDelayMs } = this.#profile;
    const checkpoints = place && (await Checkpoints.open(place, historyBytes, flushDelayMs));
    const files = place ? place.values() : scratchFiles();
    if (checkpoints) {
      const named = await checkpoints.files();
      await files.keepOnly((name) => named.has(name) || name === "lock");
    }
    const values = new Values({ files, memoryBytes: valueBytes, largeBytes, isDurable: place !== undefined });
    const sessions = new Sessions(files, checkpoints, sessionBytes);
    return (this.#now = { values, files, checkpoints, sessions });
  }

  async #run<Out>(
    workflow: Graph,
    input: unknown,
    { id = "", signal, onProgress }: ExecuteOptions,
    session: OpenSession,
    known: RunRecord | undefined,
    { values: all, checkpoints, sessions, files }: Parts,
  ): Promise<RunResult<Out>> {
    const startMs = performance.now();
    const progress = new Progress(id, onProgress);
    const shape = shapeOf(workflow);
    if (known && known.shape !== shape) throw changed(workflow, known, id);
    const result = async (held: Held): Promise<RunResult<Out>> => ({
      id,
      output: (await held.load()) as Out,
      progress: progress.now(),
      elapsedMs: performance.now() - startMs,
    });
    if (known?.output) return result(all.restore(known.output));
    const values = all.forRun();
    const given = known
      ? values.restore(known.input)
      : checkpoints
        ? await values.put(input, "input")
        : values.hold(input);
    const record: RunRecord = known ?? {
      workflow: workflow.name,
      shape,
      input: given.stored,
      session: session.id,
      startedMs: Date.now(),
      nodes: new Map(),
      maps: new Map(),
    };
    if (!known) await checkpoints?.begin(id, record, session.pending);
    const stop = new AbortController();
    setMaxListeners(0, stop.signal);
    const onAbort = (): void => stop.abort(stopped(id, signal?.reason));
    signal?.addEventListener("abort", onAbort, { once: true });
    if (signal?.aborted) onAbort();
    const run: RunState = {
      id,
      limiter: this.#limiter,
      values,
      checkpoints,
      session,
      llm: this.#llm,
      progress,
    };
    let output: Held | undefined;
    try {
      const scope = new Scope(["runs", id, "nodes"], record.nodes, ["runs", id, "maps"], record.maps);
      const around = { runGraph, run, scope, prefix: "", kind: "", isAdmitted: false, signal: stop.signal };
      const { held, change } = await runGraph(workflow, given, around);
      const outcome = await result(held);
      if (checkpoints && change.patch) {
        const unused = await sessions.save(session, change.patch);
        const dropped = await checkpoints.end(id, held.stored, this.#options.keepRuns ?? KEEP_RUNS, change.patch);
        for (const stored of dropped) await all.remove(stored);
        if (unused !== undefined) await files.remove(unused);
      }
      output = held;
      return outcome;
    } finally {
      signal?.removeEventListener("abort", onAbort);
      await values.end(output);
    }
  }
}

function changed({ name }: Graph, { workflow }: RunRecord, id: string): WorkflowError {
  const what =
    name === workflow ? `The workflow "${name}" has other nodes or edges than` : `The workflow "${name}" is not`;
  const of = name === workflow ? "when the run began" : `"${workflow}", which the run is of`;
  return new WorkflowError(
    "ERR_WORKFLOW_RESUME",
    `The run ${id} cannot go on. ${what} ${of}. Take the workflow as it was, or begin a new run.`,
    { id },
  );
}

function stopped(id: string, reason: unknown): unknown {
  if (WorkflowError.is(reason)) return reason;
  return new WorkflowError("ERR_WORKFLOW_STOPPED", `The run ${id} was stopped.`, { id }, reason);
}
