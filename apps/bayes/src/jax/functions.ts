/**
 * Functions of elements on jax-js arrays; what jax-js lacks is put together from what it has. Each takes over the
 * references that it is given.
 */
import type * as Jax from "@jax-js/jax";
import type { ElementwiseName } from "../graph/elementwise.ts";

type JaxArray = Jax.Array;
type Library = typeof Jax;

/** By name; a function of one number is given one. */
export type ElementwiseFunctions = Readonly<Record<ElementwiseName, (x: JaxArray, y: JaxArray) => JaxArray>>;

/** All of them. */
export function elementwiseOf(jax: Library): ElementwiseFunctions {
  const { numpy: np, nn, lax } = jax;
  return {
    add: np.add,
    subtract: np.subtract,
    multiply: np.multiply,
    divide: np.trueDivide,
    power: np.power,
    maximum: np.maximum,
    logAddExp: np.logaddexp,
    choose: (x, y) => np.where(x.notEqual(0), y, 0),
    less: (x, y) => np.less(x, y).astype(np.float32),
    negate: np.negative,
    reciprocal: np.reciprocal,
    exp: np.exp,
    log: np.log,
    log1p: np.log1p,
    expm1: np.expm1,
    sqrt: np.sqrt,
    square: np.square,
    absolute: np.absolute,
    sin: np.sin,
    cos: np.cos,
    // Its own cannot be differentiated and jitted.
    tanh: (x) => nn.sigmoid(x.mul(2)).mul(2).sub(1),
    atan: np.atan,
    logistic: nn.sigmoid,
    softplus: nn.softplus,
    log1mExp: (x) => np.log(np.negative(np.expm1(x))),
    logGamma: (x) => logGamma(np, x),
    erf: lax.erf,
    logNormalCdf: (x) => logNormalCdf(jax, x),
  };
}

/** Stirling's series after six steps of the recurrence: single precision for every x above 0. */
function logGamma(np: Library["numpy"], x: JaxArray): JaxArray {
  let product = x.ref;
  for (let i = 1; i < 6; i += 1) product = product.mul(x.ref.add(i));
  const z = x.add(6);
  const inverse = np.reciprocal(z.ref);
  const square = np.square(inverse.ref);
  const series = inverse.mul(square.mul(-1 / 360).add(1 / 12));
  const stirling = np
    .log(z.ref)
    .mul(z.ref.sub(0.5))
    .sub(z)
    .add(series)
    .add(0.5 * Math.log(2 * Math.PI));
  return stirling.sub(np.log(product));
}

/** Below this the distribution function of single precision is about to underflow, and its asymptotic series is as good. */
const FAR = -8;

/** log of the standard normal distribution function (Abramowitz and Stegun 26.2.12 far out). */
function logNormalCdf({ numpy: np, lax }: Library, x: JaxArray): JaxArray {
  const near = np.log(lax.erfc(np.maximum(x.ref, FAR).mul(-Math.SQRT1_2)).mul(0.5));
  const far = np.minimum(x.ref, FAR);
  const s = np.reciprocal(np.square(far.ref));
  const series = np.log1p(s.ref.mul(s.mul(3).sub(1)));
  const asymptotic = np
    .square(far.ref)
    .mul(-0.5)
    .sub(np.log(far.mul(-1)))
    .sub(0.5 * Math.log(2 * Math.PI))
    .add(series);
  return np.where(x.greater(FAR), near, asymptotic);
}
