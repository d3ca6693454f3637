/**
 * One chain from its start to its last draw, in pieces: for a time, then the caller may save it, stop it or end its turn.
 * The same for a fit in this thread and for one in workers, so that both give the same draws.
 */
import { compileDensity } from "../compiled/compile.ts";
import { BayesError } from "../errors.ts";
import { shapeInWords } from "../graph/shape.ts";
import type { BoundModel } from "../model/model.ts";
import { Chain, type ChainCheckpoint, type ChainOptions } from "./chain.ts";
import type { ChainDraws } from "./chain-draws.ts";
import type { Density } from "./phase-point.ts";

/** What a chain runs on. */
export interface Engine {
  readonly density: Density;
  /** What is reported of a position. */
  readonly outputs: (position: Float64Array, into: Float64Array) => void;
}

/** A chain with its draws. */
export class ChainRun {
  readonly #chain: Chain;
  readonly #draws: ChainDraws;
  readonly #outputs: Engine["outputs"];
  readonly #row: Float64Array;
  readonly #maxDepth: number;

  /**
   * @param draws - where they are kept; of a run that goes on, with those that there were.
   * @throws BayesError `ERR_BAYES_START` that names the term of the density that is not finite.
   */
  constructor(
    model: BoundModel,
    { density, outputs }: Engine,
    { index, draws, settings }: { index: number; draws: ChainDraws; settings: Required<ChainOptions> },
    from?: ChainCheckpoint,
  ) {
    this.#draws = draws;
    this.#outputs = outputs;
    this.#row = new Float64Array(draws.shape.quantities);
    this.#maxDepth = settings.maxDepth;
    try {
      this.#chain = new Chain(density, index, settings, from);
    } catch (error) {
      throw error instanceof BayesError && error.code === "ERR_BAYES_START" ? explainStart(model, error) : error;
    }
  }

  /** True when every draw has been made. */
  get isDone(): boolean {
    return this.#draws.kept >= this.#draws.shape.draws;
  }

  /** Moves on for a time, at least by one draw. */
  advance(forMs: number): void {
    const began = performance.now();
    let passedMs = 0;
    while (!this.isDone && (passedMs < forMs || passedMs === 0)) {
      const isWarm = this.#chain.isWarm;
      this.#chain.next();
      if (isWarm) {
        this.#outputs(this.#chain.point.position, this.#row);
        this.#draws.keep(this.#chain, this.#row, this.#maxDepth);
      }
      this.#draws.count(this.#chain);
      passedMs = performance.now() - began;
    }
    this.#draws.addTime(passedMs);
  }

  /** What is needed to go on from here, beside the draws. */
  checkpoint(): ChainCheckpoint {
    return this.#chain.checkpoint();
  }
}

/** Says which term of the density is to blame, at the last start that was tried. */
function explainStart(model: BoundModel, error: BayesError): BayesError {
  const position = Float64Array.from(error.details["position"] as readonly number[]);
  const gradient = new Float64Array(model.dimension);
  for (const { label, value } of model.terms) {
    const found = compileDensity(value, model.dimension).valueAndGradient(position, gradient);
    const at = gradient.findIndex((each) => !Number.isFinite(each));
    if (Number.isFinite(found) && at < 0) continue;
    const place = model.parameters.find(({ offset, size }) => at >= offset && at < offset + size);
    const what = Number.isFinite(found)
      ? `the gradient of "${label}" by ${place ? `${place.name} (${shapeInWords(place.shape)})` : "a parameter"} is ${gradient[at]}`
      : `"${label}" is ${found}`;
    return new BayesError(
      "ERR_BAYES_START",
      `no start has a finite density, of 100 that were tried: ${what}`,
      { ...error.details, term: label },
      error,
    );
  }
  return error;
}
