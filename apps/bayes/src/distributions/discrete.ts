/**
 * Distributions of counts and choices, parametrised as in the Stan functions reference. Their values are data; their
 * parameters may be values. Categories are counted from 0.
 */
import { BayesError } from "../errors.ts";
import {
  add,
  concat,
  exp,
  less,
  log,
  log1p,
  logAddExp,
  logGamma,
  logSumExpRows,
  mul,
  neg,
  softplus,
  sub,
  where,
} from "../graph/operations.ts";
import { type Operand, toValue, type Value } from "../graph/value.ts";
import { logBeta } from "./continuous.ts";
import { type Distribution, distribution } from "./distribution.ts";

/** 0 or 1, by the probability of 1. */
export function bernoulli(probability: Operand): Distribution {
  return distribution("bernoulli", (x) => mul(x, log(probability)).add(mul(sub(1, x), log1p(neg(probability)))));
}

/** 0 or 1, by the log odds of 1. */
export function bernoulliLogit(logit: Operand): Distribution {
  return distribution("bernoulliLogit", (x) => mul(x, logit).sub(softplus(logit)));
}

/** Successes of `trials`, by the probability of one. */
export function binomial(trials: Operand, probability: Operand): Distribution {
  return distribution("binomial", (x) =>
    logChoose(trials, x)
      .add(mul(x, log(probability)))
      .add(mul(sub(trials, x), log1p(neg(probability)))),
  );
}

/** Successes of `trials`, by the log odds of one. */
export function binomialLogit(trials: Operand, logit: Operand): Distribution {
  return distribution("binomialLogit", (x) =>
    logChoose(trials, x)
      .add(mul(x, logit))
      .sub(mul(trials, softplus(logit))),
  );
}

/** Successes of `trials` whose probability is beta distributed. */
export function betaBinomial(trials: Operand, a: Operand, b: Operand): Distribution {
  return distribution("betaBinomial", (x) =>
    logChoose(trials, x)
      .add(logBeta(add(x, a), add(sub(trials, x), b)))
      .sub(logBeta(a, b)),
  );
}

/** Counts, by their mean. */
export function poisson(rate: Operand): Distribution {
  return distribution("poisson", (x) =>
    mul(x, log(rate))
      .sub(rate)
      .sub(logGamma(add(x, 1))),
  );
}

/** Counts, by the log of their mean. */
export function poissonLog(logRate: Operand): Distribution {
  return distribution("poissonLog", (x) =>
    mul(x, logRate)
      .sub(exp(logRate))
      .sub(logGamma(add(x, 1))),
  );
}

/** Counts, by mean and precision: the variance is `mean + mean² / precision`. */
export function negativeBinomial(mean: Operand, precision: Operand): Distribution {
  return distribution("negativeBinomial", (x) => negativeBinomialLog(log(mean), precision).logProb(x));
}

/** The same, by the log of the mean. */
export function negativeBinomialLog(logMean: Operand, precision: Operand): Distribution {
  return distribution("negativeBinomialLog", (x) => {
    const logPrecision = log(precision);
    const logTotal = logAddExp(logMean, logPrecision);
    return logGamma(add(x, precision))
      .sub(logGamma(precision))
      .sub(logGamma(add(x, 1)))
      .add(mul(x, sub(logMean, logTotal)))
      .add(mul(precision, sub(logPrecision, logTotal)));
  });
}

/** Failures before the first success. */
export function geometric(probability: Operand): Distribution {
  return distribution("geometric", (x) => log(probability).add(mul(x, log1p(neg(probability)))));
}

/** Counts that are 0 with an extra probability. */
export function zeroInflated(probability: Operand, counts: Distribution): Distribution {
  return distribution(`zero-inflated ${counts.name}`, (x) => {
    const isZero = less(x, 0.5);
    const logProb = log1p(neg(probability)).add(counts.logProb(x));
    return where(isZero, logAddExp(log(probability), logProb), logProb);
  });
}

/** Which category, by a vector of probabilities. */
export function categorical(probabilities: Operand): Distribution {
  return distribution("categorical", (x) => log(toValue(probabilities)).gather(categoriesOf(x)));
}

/** Which category, by scores: a vector, or a matrix with a row for each observation. */
export function categoricalLogit(scores: Operand): Distribution {
  return distribution("categoricalLogit", (x) => {
    const value = toValue(scores);
    const categories = categoriesOf(x);
    if (value.shape.length === 1) {
      const whole = logSumExpRows(value.reshape(1, value.length));
      return value.gather(categories).sub(whole);
    }
    const columns = value.shape[1] ?? 1;
    const chosen = value.reshape(value.node.size).gather(categories.map((category, row) => row * columns + category));
    return chosen.sub(logSumExpRows(value));
  });
}

/** Which of ordered categories, by a location for each observation and the cut points between categories. */
export function orderedLogistic(location: Operand, cutPoints: Operand): Distribution {
  return distribution("orderedLogistic", (x) => {
    const cuts = toValue(cutPoints);
    const categories = categoriesOf(x);
    // Beyond the ends the distribution function is 0 and 1 for every practical purpose.
    const ends = concat(cuts.at(0).sub(1e3), cuts, cuts.at(-1).add(1e3));
    const upper = sub(ends.gather(categories.map((category) => category + 1)), location);
    const lower = sub(ends.gather(categories), location);
    // log(F(upper) - F(lower)) of the logistic distribution function F
    return neg(softplus(neg(upper)))
      .sub(softplus(lower))
      .add(log1p(neg(exp(sub(lower, upper)))));
  });
}

/** Counts of each category, by a vector of probabilities. */
export function multinomial(probabilities: Operand): Distribution {
  return distribution("multinomial", (x) => {
    const total = toValue(x).sum();
    return logGamma(total.add(1))
      .sub(logGamma(add(x, 1)).sum())
      .add(mul(x, log(probabilities)).sum());
  });
}

/** Several distributions with probabilities that sum to 1. */
export function mixtureOf(weights: Operand, components: readonly Distribution[]): Distribution {
  return distribution("mixture", (x) => {
    const logWeights = log(toValue(weights));
    const parts = components.map((component, k) => component.logProb(x).add(logWeights.at(k)));
    return parts.reduce((total, part) => logAddExp(total, part));
  });
}

/** log of the binomial coefficient. */
function logChoose(n: Operand, k: Operand): Value {
  return logGamma(add(n, 1))
    .sub(logGamma(add(k, 1)))
    .sub(logGamma(add(sub(n, k), 1)));
}

function categoriesOf(x: Operand): number[] {
  const { operation } = toValue(x).node;
  if (operation.kind === "constant") return Array.from(operation.values);
  throw new BayesError("ERR_BAYES_MODEL", "categories are data: a parameter cannot be one");
}
