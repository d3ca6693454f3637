/**
 * What a fit is worth, in plain words: whether chains agree (R-hat below 1.01 and an effective sample size of 100 a
 * chain: A. Vehtari et al., Bayesian Analysis 16, 2021), whether trajectories diverged, and whether energy mixed
 * (E-BFMI: M. Betancourt, arXiv:1604.00695). Too few draws are said to be that.
 */
import type { Fit, Quantity } from "../fit.ts";
import { comparable } from "../summary/effective-sample-size.ts";
import { energyFraction, LOW_ENERGY_FRACTION } from "./energy.ts";
import { count, shortNumber, wholeNumber, writeRHat } from "./figures.ts";
import { worstOf } from "./selection.ts";

/** The most that R-hat may be. */
const MOST_R_HAT = 1.01;
/** Effective draws that each chain must be worth. */
const LEAST_ESS_PER_CHAIN = 100;
/** Fewer divergences than this share are told, and leave the verdict as it is. */
const GRAVE_DIVERGENCES = 1e-3;

/** A judgement with its grounds. */
export interface Verdict {
  /** `open`: the draws are too few to tell. */
  readonly kind: "good" | "bad" | "open";
  /** One sentence. */
  readonly claim: string;
  /** What speaks against the fit or must be known of it. */
  readonly reasons: readonly string[];
  /** What to do. */
  readonly advice: readonly string[];
}

/** Draws that were kept, of each chain. */
export function drawsOf({ records }: Fit): number[] {
  return records.map(({ divergent }) => divergent.length);
}

/** The smaller of bulk and tail. */
export function leastEss({ summary }: Quantity): number {
  return Math.min(summary.bulkEss, summary.tailEss);
}

/** Judges a fit. */
export function judge(fit: Fit): Verdict {
  const draws = drawsOf(fit);
  const total = draws.reduce((sum, each) => sum + each, 0);
  const { chains, draws: compared } = comparable(fit.records.map(({ divergent }) => divergent));
  const stopped = draws.some((each) => each < fit.settings.draws) || draws.length < fit.settings.chains;
  const reasons = stopped
    ? [`it was stopped: ${drawsInWords(draws)} of ${wholeNumber(fit.settings.draws)} draws a chain were made`]
    : [];
  if (chains.length === 0) {
    const claim = total === 0 ? "Nothing to judge: no draw was kept." : `Too little to judge: ${count(total, "draw")}.`;
    return { kind: "open", claim, reasons, advice: ["Draw more: some hundred draws a chain at least."] };
  }
  const shape = geometry(fit, total);
  const ran = flights(fit);
  const found = [...ran, ...convergence(fit, chains.length, compared), ...shape];
  const bad = found.filter(({ isGrave }) => isGrave);
  reasons.push(...found.map(({ reason }) => reason));
  // What bends trajectories is often why chains differ: it is to be mended first, and before it what runs off.
  const order = ran.length > 0 ? ran : [...shape, ...found];
  const advice = [...new Set(order.map((each) => each.advice))];
  const [first] = bad;
  if (first) return { kind: "bad", claim: first.claim, reasons, advice };
  if (chains.length === 1) {
    reasons.push("one chain alone cannot show that another start would have led elsewhere");
    return { kind: "open", claim: "Open: one chain alone.", reasons, advice: [...advice, "Run four chains."] };
  }
  const worst = worstOf(fit.quantities);
  const least = Math.min(...fit.quantities.map(leastEss).filter((each) => !Number.isNaN(each)));
  const figures = `R-hat at most ${writeRHat(worst?.summary.rHat ?? Number.NaN)}, at least ${wholeNumber(least)} effective draws`;
  const divergences = fit.divergences === 0 ? "no divergences" : count(fit.divergences, "divergence");
  return { kind: "good", claim: `Converged: ${figures}, ${divergences}.`, reasons, advice };
}

interface Flaw {
  readonly isGrave: boolean;
  readonly claim: string;
  readonly reason: string;
  readonly advice: string;
}

const MORE_DRAWS = "Draw more; where that does not help, the posterior may have several modes or be improper.";

/** Did a parameter run off? */
function flights({ runaways }: Fit): Flaw[] {
  return runaways.map(({ name, shape, constraint, extent }) => {
    const what = `${name} (${constraint}${shape.length > 0 ? `, ${shape.join(" × ")}` : ""})`;
    const far = Number.isFinite(extent) ? `, to ${shortNumber(extent, 2)} before its constraint` : "";
    const reason = `${what} ran off${far}: the posterior is most likely improper`;
    const advice = `Give ${name} a proper prior, or see that the data inform it.`;
    return {
      isGrave: true,
      claim: `Not to be used: ${name} ran off, the posterior is most likely improper.`,
      reason,
      advice,
    };
  });
}

/** Do chains agree, and on enough draws? */
function convergence({ quantities }: Fit, chains: number, draws: number): Flaw[] {
  const flaws: Flaw[] = [];
  const broken = quantities.filter(({ summary }) => !Number.isFinite(summary.mean));
  if (broken[0]) {
    const reason = `${listed(broken)} ${broken.length === 1 ? "has draws that are" : "have draws that are"} not finite`;
    const advice = "Look at how it is computed: a division by 0, or the logarithm of a negative number.";
    flaws.push({ isGrave: true, claim: `Not to be used: ${reason}.`, reason, advice });
  }
  const apart = quantities.filter(({ summary }) => summary.rHat >= MOST_R_HAT);
  const worst = worstOf(apart);
  if (worst) {
    const reason = `R-hat of ${listed(apart, worst)} is ${MOST_R_HAT} or more, ${writeRHat(worst.summary.rHat)} at worst`;
    const claim = `Not converged: R-hat of ${worst.name} is ${writeRHat(worst.summary.rHat)}, and must be below ${MOST_R_HAT}.`;
    flaws.push({ isGrave: true, claim, reason, advice: MORE_DRAWS });
  }
  const wanted = LEAST_ESS_PER_CHAIN * chains;
  const few = quantities.filter((quantity) => leastEss(quantity) < wanted);
  const fewest = few.toSorted((a, b) => leastEss(a) - leastEss(b))[0];
  if (fewest) {
    const reason = `${listed(few, fewest)} ${few.length === 1 ? "has" : "have"} fewer than ${wanted} effective draws, ${wholeNumber(leastEss(fewest))} at worst`;
    const claim = `Too few effective draws: ${wholeNumber(leastEss(fewest))} for ${fewest.name}, where ${wanted} are wanted.`;
    const more = `Draw more than ${wholeNumber(draws)} a chain, or thin out correlations (a dense metric, another parametrisation).`;
    flaws.push({ isGrave: true, claim, reason, advice: worst ? MORE_DRAWS : more });
  }
  return flaws;
}

/** Did trajectories go where they should? */
function geometry({ records, divergences, atMaxDepth, settings }: Fit, total: number): Flaw[] {
  const flaws: Flaw[] = [];
  const share = (part: number): string => `${((100 * part) / total).toFixed(part / total < 0.01 ? 2 : 1)} %`;
  if (divergences > 0) {
    const reason = `${count(divergences, "trajectory", "trajectories")} diverged (${share(divergences)}): parts of the posterior were not reached`;
    const claim = `Not to be trusted yet: ${count(divergences, "trajectory", "trajectories")} of ${wholeNumber(total)} diverged.`;
    const target = settings.targetAcceptance < 0.95 ? 0.95 : 0.99;
    const advice = `Raise the target acceptance to ${target}, or write the model non-centred (z ~ normal(0, 1), value = mean + scale · z).`;
    flaws.push({ isGrave: divergences >= GRAVE_DIVERGENCES * total, claim, reason, advice });
  }
  const low = records.filter((record) => energyFraction(record.energy) < LOW_ENERGY_FRACTION).length;
  if (low > 0) {
    const reason = `E-BFMI is below ${LOW_ENERGY_FRACTION} in ${count(low, "chain")}: tails are explored slowly`;
    const advice =
      "Give heavy tails another parametrisation: a scale by its logarithm, a Student t as a scale mixture.";
    flaws.push({ isGrave: false, claim: "", reason, advice });
  }
  if (atMaxDepth > 0) {
    const reason = `${count(atMaxDepth, "trajectory", "trajectories")} ended at the greatest depth, ${settings.maxDepth} (${share(atMaxDepth)}): slow, not wrong`;
    const advice = `Bring parameters to one scale, try metric: "dense", or raise maxDepth to ${settings.maxDepth + 2}.`;
    flaws.push({ isGrave: false, claim: "", reason, advice });
  }
  return flaws;
}

/** `480, 450, 0, 400`, or the fewest and the most of many chains. */
function drawsInWords(draws: readonly number[]): string {
  if (draws.length === 0) return "none";
  return draws.length > 8
    ? `from ${wholeNumber(Math.min(...draws))} to ${wholeNumber(Math.max(...draws))}`
    : draws.map(wholeNumber).join(", ");
}

/** `mu`, `mu and tau`, `mu, tau and 12 more`. */
function listed(quantities: readonly Quantity[], first = quantities[0]): string {
  const names = [first, ...quantities.filter((each) => each !== first)].flatMap((each) => (each ? [each.name] : []));
  if (names.length < 3) return names.join(" and ");
  return `${names.slice(0, 2).join(", ")} and ${wholeNumber(names.length - 2)} more`;
}
