/**
 * Functions of single numbers: how each is written in JavaScript, and its derivatives. `x` and `y` are what it reads,
 * `z` is what it gave. Functions of `special.ts` are called by their names.
 */

/** How a function of one or two numbers is written down. */
export interface Elementwise {
  readonly arity: 1 | 2;
  value(x: string, y: string): string;
  /** Derivative by the first operand; `undefined` where it is 0 everywhere. */
  byX?(x: string, y: string, z: string): string;
  byY?(x: string, y: string, z: string): string;
}

const unary = (value: (x: string) => string, byX?: (x: string, z: string) => string): Elementwise => ({
  arity: 1,
  value: (x) => value(x),
  ...(byX ? { byX: (x: string, _y: string, z: string) => byX(x, z) } : {}),
});

/** All of them, by name. */
export const ELEMENTWISE = {
  add: { arity: 2, value: (x: string, y: string) => `${x} + ${y}`, byX: () => "1", byY: () => "1" },
  subtract: { arity: 2, value: (x: string, y: string) => `${x} - ${y}`, byX: () => "1", byY: () => "-1" },
  multiply: { arity: 2, value: (x: string, y: string) => `${x} * ${y}`, byX: (_x, y) => y, byY: (x) => x },
  divide: {
    arity: 2,
    value: (x: string, y: string) => `${x} / ${y}`,
    byX: (_x, y) => `1 / ${y}`,
    byY: (_x, y, z) => `-${z} / ${y}`,
  },
  power: {
    arity: 2,
    value: (x: string, y: string) => `Math.pow(${x}, ${y})`,
    byX: (x, y) => `${y} * Math.pow(${x}, ${y} - 1)`,
    byY: (x, _y, z) => `(${x} > 0 ? ${z} * Math.log(${x}) : 0)`,
  },
  maximum: {
    arity: 2,
    value: (x: string, y: string) => `Math.max(${x}, ${y})`,
    byX: (x, y) => `(${x} >= ${y} ? 1 : 0)`,
    byY: (x, y) => `(${x} >= ${y} ? 0 : 1)`,
  },
  logAddExp: {
    arity: 2,
    value: (x: string, y: string) => `logAddExp(${x}, ${y})`,
    byX: (x, _y, z) => `(${z} === -Infinity ? 0 : Math.exp(${x} - ${z}))`,
    byY: (_x, y, z) => `(${z} === -Infinity ? 0 : Math.exp(${y} - ${z}))`,
  },
  /** 1 where x < y, else 0; constant almost everywhere. */
  less: { arity: 2, value: (x: string, y: string) => `(${x} < ${y} ? 1 : 0)` },
  /** What a condition (1 or 0) lets through: y, or 0 whatever y is. */
  choose: {
    arity: 2,
    value: (x: string, y: string) => `(${x} !== 0 ? ${y} : 0)`,
    byY: (x: string) => `(${x} !== 0 ? 1 : 0)`,
  },
  negate: unary(
    (x) => `-${x}`,
    () => "-1",
  ),
  reciprocal: unary(
    (x) => `1 / ${x}`,
    (_x, z) => `-${z} * ${z}`,
  ),
  exp: unary(
    (x) => `Math.exp(${x})`,
    (_x, z) => z,
  ),
  log: unary(
    (x) => `Math.log(${x})`,
    (x) => `1 / ${x}`,
  ),
  log1p: unary(
    (x) => `Math.log1p(${x})`,
    (x) => `1 / (1 + ${x})`,
  ),
  expm1: unary(
    (x) => `Math.expm1(${x})`,
    (_x, z) => `(${z} + 1)`,
  ),
  sqrt: unary(
    (x) => `Math.sqrt(${x})`,
    (_x, z) => `0.5 / ${z}`,
  ),
  square: unary(
    (x) => `${x} * ${x}`,
    (x) => `2 * ${x}`,
  ),
  absolute: unary(
    (x) => `Math.abs(${x})`,
    (x) => `Math.sign(${x})`,
  ),
  sin: unary(
    (x) => `Math.sin(${x})`,
    (x) => `Math.cos(${x})`,
  ),
  cos: unary(
    (x) => `Math.cos(${x})`,
    (x) => `-Math.sin(${x})`,
  ),
  tanh: unary(
    (x) => `Math.tanh(${x})`,
    (_x, z) => `(1 - ${z} * ${z})`,
  ),
  atan: unary(
    (x) => `Math.atan(${x})`,
    (x) => `1 / (1 + ${x} * ${x})`,
  ),
  logistic: unary(
    (x) => `logistic(${x})`,
    (_x, z) => `${z} * (1 - ${z})`,
  ),
  /** log(1 + exp(x)), without overflow. */
  softplus: unary(
    (x) => `softplus(${x})`,
    (x) => `logistic(${x})`,
  ),
  /** log(1 - exp(x)) for x < 0, without cancellation. */
  log1mExp: unary(
    (x) => `log1mExp(${x})`,
    (x) => `-1 / Math.expm1(-${x})`,
  ),
  logGamma: unary(
    (x) => `logGamma(${x})`,
    (x) => `digamma(${x})`,
  ),
  erf: unary(
    (x) => `erf(${x})`,
    (x) => `1.1283791670955126 * Math.exp(-${x} * ${x})`,
  ),
  /** log of the standard normal distribution function. */
  logNormalCdf: unary(
    (x) => `logNormalCdf(${x})`,
    (x, z) => `0.3989422804014327 * Math.exp(-0.5 * ${x} * ${x} - ${z})`,
  ),
} as const satisfies Readonly<Record<string, Elementwise>>;

/** One of {@link ELEMENTWISE}. */
export type ElementwiseName = keyof typeof ELEMENTWISE;
