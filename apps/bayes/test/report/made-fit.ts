/** Fits whose draws are made, not sampled: of any size, with flaws where wanted. */
import {
  type ChainRecord,
  type Fit,
  model,
  normal,
  positive,
  type Quantity,
  real,
  summarise,
  vector,
} from "../../src/index.ts";
import { CHAIN_DEFAULTS } from "../../src/sampler/chain.ts";
import { seededRandom } from "../../src/sampler/random.ts";

/** What a made fit is like. */
export interface Making {
  /** Draws of each chain. */
  readonly draws: readonly number[];
  /** Elements of `theta`. */
  readonly size: number;
  /** How far each further chain's `mu` lies from the one before. */
  readonly shift: number;
  /** Every so many draws one that diverged; 0: none. */
  readonly divergentEvery: number;
  /** A name of the model, which reports show. */
  readonly name: string;
  /** Of the energy, from draw to draw. */
  readonly energyCorrelation: number;
}

const PLAIN: Making = {
  draws: [500, 500, 500, 500],
  size: 3,
  shift: 0,
  divergentEvery: 0,
  name: "made",
  energyCorrelation: 0.2,
};

/** Makes a fit of `mu`, `sigma` and the vector `theta`. */
export function makeFit(wanted: Partial<Making> = {}): Fit {
  const making = { ...PLAIN, ...wanted };
  const bound = model({
    name: making.name,
    data: { x: vector(), y: vector() },
    parameters: () => ({ mu: real(), sigma: positive(), theta: real(making.size) }),
    density({ mu, sigma, theta }, { x, y }, { follows }) {
      follows(theta, normal(0, 1));
      follows(sigma, normal(0, 1));
      follows(y, normal(theta.at(0).mul(x).add(mu), sigma));
    },
  }).bind({ x: [1, 2], y: [3, 4] });
  const streams = making.draws.map((_, chain) => seededRandom(5, chain));
  const drawAll = (of: (normalNumber: number, chain: number) => number): Float64Array[] =>
    streams.map((random, chain) =>
      Float64Array.from({ length: making.draws[chain] ?? 0 }, () => of(random.normal(), chain)),
    );
  const quantity = (name: string, chains: readonly Float64Array[]): Quantity => ({
    name,
    chains,
    summary: summarise(chains),
  });
  const records = making.draws.map((draws, chain) => recordOf(making, draws, streams[chain] ?? seededRandom(5, chain)));
  return {
    model: bound,
    settings: { ...CHAIN_DEFAULTS, backend: "compiled", chains: 4, draws: 500, warmUp: 500, seed: 9 },
    records,
    quantities: [
      quantity(
        "mu",
        drawAll((each, chain) => each + making.shift * chain),
      ),
      quantity("sigma", drawAll(Math.exp)),
      ...Array.from({ length: making.size }, (_, i) =>
        quantity(
          `theta[${i + 1}]`,
          drawAll((each) => each),
        ),
      ),
    ],
    divergences: records.reduce((sum, { divergent }) => sum + divergent.reduce((total, each) => total + each, 0), 0),
    atMaxDepth: 0,
    gradients: 7 * making.draws.reduce((sum, each) => sum + each, 0),
    samplingMs: 1234,
    runaways: [],
  };
}

function recordOf(
  { divergentEvery, energyCorrelation }: Making,
  length: number,
  random: { normal(): number },
): ChainRecord {
  let energy = random.normal();
  const next = (): number =>
    (energy = energyCorrelation * energy + Math.sqrt(1 - energyCorrelation ** 2) * random.normal());
  return {
    stepSize: 0.5,
    divergent: Uint8Array.from({ length }, (_, i) => (divergentEvery > 0 && i % divergentEvery === 0 ? 1 : 0)),
    depth: new Uint8Array(length).fill(3),
    steps: new Uint32Array(length).fill(7),
    energy: Float64Array.from({ length }, next),
    logDensity: new Float64Array(length).fill(-4.5),
    acceptance: new Float64Array(length).fill(0.9),
  };
}
