/**
 * Where the names of one run come from, as the user chose. What a choice needs is loaded only for it: an
 * offline run pays for neither maps nor models.
 */
import { rmSync } from "node:fs";
import type { ModelOptions, ModelSummary } from "../model/names-from-model.ts";
import { proposeNames } from "../naming/offline-names.ts";
import type { NameProposals } from "../naming/proposals.ts";
import type { Analysis } from "../scope/analyse.ts";
import type { Source } from "../source/source.ts";
import type { NameSource } from "../unminify.ts";
import type { CommandOptions, ModelChoice } from "./options.ts";
import { ProgressLine } from "./progress-line.ts";
import { describeEstimate } from "./words.ts";

/** Code, connections and the names that come of it; measured on bundles of 1.5 to 14 MB. */
const MAP_BYTES = 6 * 2 ** 20;
const MODEL_BYTES = 14 * 2 ** 20;
const CALLS_PER_COLLECTION = 100;

/** The names of one run. */
export class NameSources {
  readonly #options: CommandOptions;
  readonly #output: string;
  readonly #maxMemoryBytes: number | undefined;
  /** What they need beside all else, in bytes. */
  readonly bytes: number;
  /** Proposes them. */
  readonly names: NameSource = (analysis, source) => this.#propose(analysis, source);
  /** What came of asking a model. */
  summary: ModelSummary | undefined;

  constructor(options: CommandOptions, output: string, maxMemoryBytes: number | undefined) {
    this.#options = options;
    this.#output = output;
    this.#maxMemoryBytes = maxMemoryBytes;
    this.bytes = (options.map === undefined ? 0 : MAP_BYTES) + (options.model === undefined ? 0 : MODEL_BYTES);
  }

  /** The output is there: answers that only served to resume are not needed any more. */
  end(): void {
    if (this.summary?.isComplete && this.#options.cacheFolder === undefined)
      rmSync(this.summary.journalPath, { force: true });
  }

  async #propose(analysis: Analysis, source: Source): Promise<NameProposals> {
    const { map, model } = this.#options;
    let names: NameProposals = proposeNames(analysis);
    if (map !== undefined) {
      const { namesFromMap } = await import("../map/names-from-map.ts");
      names = namesFromMap(map, analysis, source, names);
    }
    if (model === undefined) return names;
    // What the calls need then fits where the work until here has left room.
    if (this.#options.collect) globalThis.gc?.();
    const { namesFromModel } = await import("../model/names-from-model.ts");
    return this.#withModel(model, (options) => namesFromModel(options, analysis, source, names));
  }

  async #withModel(
    model: ModelChoice,
    ask: (options: ModelOptions) => Promise<{ names: NameProposals; summary: ModelSummary }>,
  ): Promise<NameProposals> {
    const stop = new AbortController();
    const onSignal = (): void => stop.abort();
    // A second one ends the program at once: nothing is lost by that either.
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, onSignal);
    using line = new ProgressLine(process.stderr, this.#maxMemoryBytes);
    const { cacheFolder } = this.#options;
    const { apiKey, concurrency, adaptiveShare, maxTimeMs, maxTokens, ...rest } = model;
    try {
      const { names, summary } = await ask({
        ...rest,
        ...(apiKey !== undefined && { apiKey }),
        ...(concurrency !== undefined && { concurrency }),
        ...(adaptiveShare !== undefined && { adaptiveShare }),
        ...(cacheFolder !== undefined && { cacheFolder }),
        ...(maxTimeMs !== undefined && { maxTimeMs }),
        ...(maxTokens !== undefined && { maxTokens }),
        ...(this.#maxMemoryBytes !== undefined && { maxMemoryBytes: this.#maxMemoryBytes }),
        journalPath: `${this.#output}.answers`,
        signal: stop.signal,
        onEstimate: (estimate) => process.stderr.write(describeEstimate(estimate)),
        onProgress: (progress) => {
          // Left alone, V8 lets 4 MB of read answers lie around.
          if (this.#options.collect && progress.callsDone % CALLS_PER_COLLECTION === 0) globalThis.gc?.();
          line.show(progress);
        },
      });
      this.summary = summary;
      return names;
    } finally {
      for (const signal of ["SIGINT", "SIGTERM"] as const) process.removeListener(signal, onSignal);
    }
  }
}
