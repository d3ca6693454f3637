/**
 * Continuous distributions of single numbers, parametrised as in the Stan functions reference. Values outside the
 * support are not caught one by one: give parameters the matching constraint.
 */
import {
  abs,
  add,
  div,
  exp,
  log,
  log1p,
  logAddExp,
  logGamma,
  logNormalCdf,
  mul,
  neg,
  softplus,
  square,
  sub,
} from "../graph/operations.ts";
import type { Operand, Value } from "../graph/value.ts";
import { type Distribution, distribution } from "./distribution.ts";

const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/** Normal, by mean and standard deviation. */
export function normal(mean: Operand, sd: Operand): Distribution {
  return distribution("normal", (x) => sub(mul(-0.5, square(div(sub(x, mean), sd))), add(log(sd), HALF_LOG_TWO_PI)));
}

/** The part of a normal around 0 that is above 0. */
export function halfNormal(sd: Operand): Distribution {
  return distribution("halfNormal", (x) => normal(0, sd).logProb(x).add(Math.LN2));
}

/** exp of a normal. */
export function logNormal(mean: Operand, sd: Operand): Distribution {
  return distribution("logNormal", (x) => normal(mean, sd).logProb(log(x)).sub(log(x)));
}

/** Normal with a skew `alpha`: 0 is the normal. */
export function skewNormal(location: Operand, scale: Operand, alpha: Operand): Distribution {
  return distribution("skewNormal", (x) => {
    const z = div(sub(x, location), scale);
    return normal(location, scale)
      .logProb(x)
      .add(Math.LN2)
      .add(logNormalCdf(mul(alpha, z)));
  });
}

/** Student's t, by degrees of freedom, location and scale. */
export function studentT(freedom: Operand, location: Operand, scale: Operand): Distribution {
  return distribution("studentT", (x) => {
    const half = div(add(freedom, 1), 2);
    const z = square(div(sub(x, location), scale));
    const constant = logGamma(half)
      .sub(logGamma(div(freedom, 2)))
      .sub(mul(0.5, log(mul(Math.PI, freedom))));
    return constant.sub(log(scale)).sub(mul(half, log1p(div(z, freedom))));
  });
}

/** The part of Student's t around 0 that is above 0. */
export function halfStudentT(freedom: Operand, scale: Operand): Distribution {
  return distribution("halfStudentT", (x) => studentT(freedom, 0, scale).logProb(x).add(Math.LN2));
}

/** Cauchy, by location and scale. */
export function cauchy(location: Operand, scale: Operand): Distribution {
  return distribution("cauchy", (x) =>
    neg(add(log1p(square(div(sub(x, location), scale))), add(log(scale), Math.log(Math.PI)))),
  );
}

/** The part of a Cauchy around 0 that is above 0. */
export function halfCauchy(scale: Operand): Distribution {
  return distribution("halfCauchy", (x) => cauchy(0, scale).logProb(x).add(Math.LN2));
}

/** Laplace (double exponential), by location and scale. */
export function laplace(location: Operand, scale: Operand): Distribution {
  return distribution("laplace", (x) => neg(add(div(abs(sub(x, location)), scale), log(mul(2, scale)))));
}

/** Logistic, by location and scale. */
export function logisticDistribution(location: Operand, scale: Operand): Distribution {
  return distribution("logistic", (x) => {
    const z = div(sub(x, location), scale);
    return neg(z)
      .sub(log(scale))
      .sub(mul(2, softplus(neg(z))));
  });
}

/** Gumbel, by location and scale. */
export function gumbel(location: Operand, scale: Operand): Distribution {
  return distribution("gumbel", (x) => {
    const z = div(sub(x, location), scale);
    return neg(add(z, exp(neg(z)))).sub(log(scale));
  });
}

/** Uniform between two bounds. */
export function uniform(lower: Operand, upper: Operand): Distribution {
  return distribution("uniform", (x) => sub(mul(0, x), log(sub(upper, lower))));
}

/** Exponential, by rate. */
export function exponential(rate: Operand): Distribution {
  return distribution("exponential", (x) => sub(log(rate), mul(rate, x)));
}

/** Gamma, by shape and rate. */
export function gamma(shape: Operand, rate: Operand): Distribution {
  return distribution("gamma", (x) =>
    mul(shape, log(rate))
      .sub(logGamma(shape))
      .add(mul(sub(shape, 1), log(x)))
      .sub(mul(rate, x)),
  );
}

/** Inverse gamma, by shape and scale. */
export function inverseGamma(shape: Operand, scale: Operand): Distribution {
  return distribution("inverseGamma", (x) =>
    mul(shape, log(scale))
      .sub(logGamma(shape))
      .sub(mul(add(shape, 1), log(x)))
      .sub(div(scale, x)),
  );
}

/** Chi squared, by degrees of freedom. */
export function chiSquared(freedom: Operand): Distribution {
  return distribution("chiSquared", gamma(div(freedom, 2), 0.5).logProb);
}

/** Inverse chi squared, by degrees of freedom. */
export function inverseChiSquared(freedom: Operand): Distribution {
  return distribution("inverseChiSquared", inverseGamma(div(freedom, 2), 0.5).logProb);
}

/** Beta, on (0, 1). */
export function beta(a: Operand, b: Operand): Distribution {
  return distribution("beta", (x) =>
    mul(sub(a, 1), log(x))
      .add(mul(sub(b, 1), log1p(neg(x))))
      .sub(logBeta(a, b)),
  );
}

/** Weibull, by shape and scale. */
export function weibull(shape: Operand, scale: Operand): Distribution {
  return distribution("weibull", (x) => {
    const z = log(div(x, scale));
    return log(div(shape, scale))
      .add(mul(sub(shape, 1), z))
      .sub(exp(mul(shape, z)));
  });
}

/** Pareto, above `minimum`, by shape. */
export function pareto(minimum: Operand, shape: Operand): Distribution {
  return distribution("pareto", (x) =>
    log(shape)
      .add(mul(shape, log(minimum)))
      .sub(mul(add(shape, 1), log(x))),
  );
}

/** Rayleigh, by scale. */
export function rayleigh(scale: Operand): Distribution {
  return distribution("rayleigh", (x) =>
    log(x)
      .sub(mul(2, log(scale)))
      .sub(mul(0.5, square(div(x, scale)))),
  );
}

/** log of the beta function. */
export function logBeta(a: Operand, b: Operand): Value {
  return logGamma(a)
    .add(logGamma(b))
    .sub(logGamma(add(a, b)));
}

/** Two distributions, the first with probability `weight`. */
export function mixture(weight: Operand, first: Distribution, second: Distribution): Distribution {
  return distribution(`mixture of ${first.name} and ${second.name}`, (x) =>
    logAddExp(log(weight).add(first.logProb(x)), log1p(neg(weight)).add(second.logProb(x))),
  );
}
