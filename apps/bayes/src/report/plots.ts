/**
 * The drawings of one quantity: traces, densities, and rank plots (histograms of each chain's ranks among all draws,
 * which are even where chains agree: A. Vehtari et al., Bayesian Analysis 16, 2021). Plain SVG: no script, no network.
 */
import { fewestDraws, ranks } from "../summary/effective-sample-size.ts";
import { coreOf, densityOf, HEIGHT, linePath, rangeOf, WIDTH } from "./curve.ts";
import { energyMoves } from "./energy.ts";
import { type Html, html, type Part } from "./escape.ts";
import { shortNumber, wholeNumber } from "./figures.ts";

/** Points of all traces of one quantity together. */
const TRACE_POINTS = 1600;
const BINS = 20;
/** Divergences that are marked at most. */
const MARKS = 150;

/** Draws of one quantity, of the chains that are drawn. */
export interface Drawn {
  readonly name: string;
  readonly chains: readonly Float64Array[];
  /** 1 where the trajectory diverged, by chain. */
  readonly divergent: readonly Uint8Array[];
}

/** Every how many draws one is drawn. */
export function thinning(chains: readonly ArrayLike<number>[]): number {
  const longest = Math.max(1, ...chains.map(({ length }) => length));
  return Math.ceil((longest * chains.length) / TRACE_POINTS);
}

/** Draws over time. */
export function tracePlot({ name, chains, divergent }: Drawn): Html {
  const longest = Math.max(1, ...chains.map(({ length }) => length));
  const every = thinning(chains);
  const [low, high] = rangeOf(chains);
  const height = (value: number): number => (value - low) / (high - low);
  const lines = chains.map((chain, index) => {
    const points: [number, number][] = [];
    for (let i = 0; i < chain.length; i += every) {
      const value = chain[i] ?? Number.NaN;
      if (Number.isFinite(value)) points.push([i / longest, height(value)]);
    }
    return html`<path class="line ${chainClass(index)}" d="${linePath(points)}" />`;
  });
  const marks = thin(divergent.flatMap((flags) => placesOf(flags))).map((draw) => (draw / longest) * WIDTH);
  const label = `Traces of ${name}: ${chains.length} chains of up to ${wholeNumber(longest)} draws, between ${shortNumber(low)} and ${shortNumber(high)}; means ${meansOf(chains)}.`;
  return drawing(
    "trace",
    label,
    [lines, ticks(marks)],
    [shortNumber(high), shortNumber(low)],
    ["draw 1", wholeNumber(longest)],
  );
}

/** One density a chain, over the core of all draws. */
export function densityPlot({ name, chains, divergent }: Drawn): Html {
  const core = coreOf(chains);
  const densities = chains.map((chain, index) => densityOf(isCompared(chains, index) ? chain : [], core));
  const highest = Math.max(...densities.map((density) => Math.max(...density))) || 1;
  const lines = densities.map(
    (density, index) =>
      isCompared(chains, index) && html`<path class="line ${chainClass(index)}" d="${curve(density, highest)}" />`,
  );
  const marks = chains
    .flatMap((chain, index) => placesOf(divergent[index]).map((draw) => chain[draw] ?? Number.NaN))
    .map((value) => ((value - core[0]) / (core[1] - core[0])) * WIDTH)
    .filter((x) => x >= 0 && x <= WIDTH);
  const label = `Density of ${name} by chain, between ${shortNumber(core[0])} and ${shortNumber(core[1])}.`;
  return drawing(
    "density",
    label,
    [lines, ticks(thin(marks))],
    [],
    core.map((each) => shortNumber(each)),
  );
}

/** One histogram of ranks a chain; the dashed line is what is to be expected. */
export function rankPlot({ name, chains }: Drawn): Html {
  const ranked = ranks(chains.map((chain, index) => (isCompared(chains, index) ? chain : [])));
  const total = ranked.reduce((sum, { length }) => sum + length, 0);
  const row = HEIGHT / Math.max(1, chains.length);
  let uneven = 0;
  const bars = ranked.map((ofChain, index) => {
    if (ofChain.length === 0) return undefined;
    const bins = new Array<number>(BINS).fill(0);
    for (const rank of ofChain) {
      const bin = Math.min(BINS - 1, Math.floor(((rank - 0.5) / total) * BINS));
      bins[bin] = (bins[bin] ?? 0) + 1;
    }
    const expected = ofChain.length / BINS;
    // The expected height lies at half of a row: twice as many fill it.
    const top = (size: number): number =>
      Math.round((index + 1) * row - 0.92 * row * Math.min(1, size / (2 * expected)));
    uneven = Math.max(uneven, ...bins.map((size) => Math.abs(size / expected - 1)));
    const bottom = Math.round((index + 1) * row);
    const wide = WIDTH / BINS;
    const path = bins.map((size, bin) => `M${bin * wide + 1} ${bottom}V${top(size)}h${wide - 2}V${bottom}`).join("");
    const even = top(expected);
    return html`<path class="bars ${chainClass(index)}" d="${path}" /><path class="even" d="M0 ${even}H${WIDTH}" />`;
  });
  const label = `Ranks of ${name} by chain in ${BINS} bins; the bin farthest from even is off by ${Math.round(100 * uneven)} %.`;
  return drawing("rank", label, bars, [], ["rank 1", wholeNumber(total)]);
}

/** Energies around their mean, and their changes from draw to draw: alike where energy moves freely. */
export function energyPlot(energies: readonly Float64Array[]): Html {
  const { marginal, transitions } = energyMoves(energies);
  const core = coreOf([marginal, transitions]);
  const [of, moved] = [densityOf(marginal, core), densityOf(transitions, core)];
  const highest = Math.max(...of, ...moved) || 1;
  const area = `${curve(of, highest)}V${HEIGHT}H0Z`;
  const label = `Density of the energy around its mean, and of its change from one draw to the next, between ${shortNumber(core[0])} and ${shortNumber(core[1])}.`;
  return drawing(
    "energy",
    label,
    [html`<path class="area" d="${area}" />`, html`<path class="line moved" d="${curve(moved, highest)}" />`],
    [],
    core.map((each) => shortNumber(each)),
  );
}

/** Colours repeat after eight chains. */
export function chainClass(index: number): string {
  return `c${index % 8}`;
}

/** Of a fit that was stopped, chains with few draws have no density and no ranks: they would look like disagreement. */
function isCompared(chains: readonly Float64Array[], index: number): boolean {
  return (chains[index]?.length ?? 0) >= fewestDraws(chains);
}

function drawing(kind: string, label: string, inside: Part, left: readonly string[], below: readonly string[]): Html {
  return html`<div class="plot ${kind}">
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${label}">${inside}</svg
    >${left.length > 0 && html`<div class="left" aria-hidden="true">${left.map((text) => html`<span>${text}</span>`)}</div>`}
    <div class="below" aria-hidden="true">${below.map((text) => html`<span>${text}</span>`)}</div>
  </div>`;
}

function curve(density: Float64Array, highest: number): string {
  return linePath(Array.from(density, (each, i) => [i / (density.length - 1), (0.96 * each) / highest]));
}

/** Marks of divergent draws at the lower edge. */
function ticks(places: readonly number[]): Html | undefined {
  if (places.length === 0) return undefined;
  const path = places.map((x) => `M${Math.round(x)} ${HEIGHT}v-12`).join("");
  return html`<path class="divergent" d="${path}" />`;
}

function placesOf(flags: Uint8Array | undefined): number[] {
  return Array.from(flags ?? []).flatMap((flag, draw) => (flag === 1 ? [draw] : []));
}

function thin(places: readonly number[]): number[] {
  const every = Math.ceil(places.length / MARKS);
  return places.filter((_, index) => index % every === 0);
}

function meansOf(chains: readonly Float64Array[]): string {
  return chains
    .map((chain) =>
      chain.length > 0 ? shortNumber(chain.reduce((sum, each) => sum + each, 0) / chain.length) : "none",
    )
    .join(", ");
}
