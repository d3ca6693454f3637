/**
 * Operations on integers and on what has an integer nearby: the two families of division, common divisors, rounding, exact roots,
 * powers, and the simplest fraction in an interval.
 */
import { failure, wrongType } from "../data/errors.ts";
import { Flonum, Ratio, type Value } from "../data/values.ts";
import {
  add,
  compare,
  divide,
  fraction,
  fromBig,
  gcdBig,
  isExactInteger,
  isInteger,
  isNumeric,
  multiply,
  type Numeric,
  subtract,
  toDouble,
  toExact,
} from "./arithmetic.ts";

type Division = (a: bigint, b: bigint) => bigint;

/** An operation on two integers, inexact when one of them is; `quick` is for doubles that are safe integers. */
function onIntegers(quick: (a: number, b: number) => number, exact: Division, isDivision: boolean) {
  return (a: Value, b: Value): Numeric => {
    if (!isInteger(a)) throw wrongType("an integer", a);
    if (!isInteger(b)) throw wrongType("an integer", b);
    if (isDivision && toDouble(b) === 0) throw failure("divide", "division by zero", a);
    if (typeof a === "number" && typeof b === "number") return quick(a, b) + 0;
    const result = fromBig(exact(bigOf(a), bigOf(b)));
    return a instanceof Flonum || b instanceof Flonum ? new Flonum(Number(result)) : result;
  };
}

function bigOf(value: number | bigint | Flonum): bigint {
  return BigInt(value instanceof Flonum ? value.value : value);
}

function floorBig(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient;
}

/** The quotient, rounded towards zero. */
export const quotient = onIntegers(
  (a, b) => (a - (a % b)) / b,
  (a, b) => a / b,
  true,
);
/** The remainder that goes with {@link quotient}: it has the sign of the dividend. */
export const remainder = onIntegers(
  (a, b) => a % b,
  (a, b) => a % b,
  true,
);
/** The quotient, rounded down. */
export const floorQuotient = onIntegers((a, b) => (a - (a - b * Math.floor(a / b))) / b, floorBig, true);
/** The remainder that goes with {@link floorQuotient}: it has the sign of the divisor. */
export const modulo = onIntegers(
  (a, b) => {
    const rest = a % b;
    return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
  },
  (a, b) => a - b * floorBig(a, b),
  true,
);
/** The greatest common divisor of two. */
export const gcd = onIntegers((a, b) => Number(gcdBig(BigInt(a), BigInt(b))), gcdBig, false);

/** The least common multiple of two. */
export function lcm(a: Value, b: Value): Numeric {
  if (toDouble(a) === 0 || toDouble(b) === 0) return a instanceof Flonum || b instanceof Flonum ? new Flonum(0) : 0;
  return abs(multiply(a, quotient(b, gcd(a, b))));
}

/** The absolute value. */
export function abs(value: Value): Numeric {
  if (value instanceof Flonum) return new Flonum(Math.abs(value.value));
  return compare(value, 0) < 0 ? subtract(0, value) : add(value, 0);
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/** How to make an integer of a real. */
export type Rounding = "floor" | "ceiling" | "truncate" | "round";

/** The integer that `rounding` gives, inexact for an inexact `value`; halves go to the even neighbour. */
export function round(rounding: Rounding, value: Value): Numeric {
  if (value instanceof Flonum) {
    const double = value.value;
    if (rounding === "floor") return new Flonum(Math.floor(double));
    if (rounding === "ceiling") return new Flonum(Math.ceil(double));
    return new Flonum(rounding === "truncate" ? Math.trunc(double) : roundHalfEven(double));
  }
  if (isExactInteger(value)) return value;
  if (!(value instanceof Ratio)) throw wrongType("a number", value);
  const floor = floorBig(value.numerator, value.denominator);
  if (rounding === "floor") return fromBig(floor);
  if (rounding === "ceiling") return fromBig(floor + 1n);
  if (rounding === "truncate") return fromBig(value.numerator / value.denominator);
  const rest = 2n * (value.numerator - floor * value.denominator) - value.denominator;
  return fromBig(rest > 0n || (rest === 0n && floor % 2n !== 0n) ? floor + 1n : floor);
}

/** The largest integer whose square is not above `value`. */
export function integerRoot(value: bigint): bigint {
  if (value < 2n) return value;
  let guess = 1n << BigInt(Math.ceil(value.toString(2).length / 2));
  for (;;) {
    const next = (guess + value / guess) >> 1n;
    if (next >= guess) return guess;
    guess = next;
  }
}

/** The square root, exact where there is an exact one. @throws `LispError` for a negative number: there are no complex ones. */
export function squareRoot(value: Value): Numeric {
  if (!isNumeric(value)) throw wrongType("a number", value);
  if (compare(value, 0) < 0) throw failure("type", "the square root of a negative number is not real:", value);
  if (isExactInteger(value)) {
    const root = integerRoot(BigInt(value));
    return root * root === BigInt(value) ? fromBig(root) : new Flonum(Math.sqrt(toDouble(value)));
  }
  if (value instanceof Ratio) {
    const [top, bottom] = [integerRoot(value.numerator), integerRoot(value.denominator)];
    if (top * top === value.numerator && bottom * bottom === value.denominator) return fraction(top, bottom);
  }
  return new Flonum(Math.sqrt(toDouble(value)));
}

/** `base` to the power of `exponent`, exact when the base is exact and the exponent an exact integer. */
export function power(base: Value, exponent: Value): Numeric {
  if (!isExactInteger(exponent) || base instanceof Flonum) {
    const result = toDouble(base) ** toDouble(exponent);
    if (Number.isNaN(result) && compare(base, 0) < 0) throw failure("type", "the power is not real:", base, exponent);
    return new Flonum(result);
  }
  const times = BigInt(exponent);
  if (times < 0n) return divide(1, power(base, fromBig(-times)));
  if (base instanceof Ratio) return fraction(base.numerator ** times, base.denominator ** times);
  if (!isExactInteger(base)) throw wrongType("a number", base);
  return fromBig(BigInt(base) ** times);
}

/** The simplest fraction that differs from `value` by no more than `tolerance`. */
export function rationalize(value: Value, tolerance: Value): Numeric {
  const isInexact = value instanceof Flonum || tolerance instanceof Flonum;
  const [x, y] = [toDouble(value), Math.abs(toDouble(tolerance))];
  if (isInexact && !(Number.isFinite(x) && Number.isFinite(y)))
    return new Flonum(
      Number.isFinite(x) && y === Number.POSITIVE_INFINITY ? 0 : x - x + (y === Number.POSITIVE_INFINITY ? x - x : x),
    );
  const width = abs(toExact(tolerance));
  const result = simplest(subtract(toExact(value), width), add(toExact(value), width));
  return isInexact ? new Flonum(toDouble(result)) : result;
}

function simplest(low: Numeric, high: Numeric): Numeric {
  if (compare(low, 0) <= 0 && compare(high, 0) >= 0) return 0;
  if (compare(high, 0) < 0) return subtract(0, simplest(subtract(0, high), subtract(0, low)));
  const floor = round("floor", low);
  if (compare(floor, low) === 0) return floor;
  if (compare(floor, round("floor", high)) < 0) return add(floor, 1);
  return add(floor, divide(1, simplest(divide(1, subtract(high, floor)), divide(1, subtract(low, floor)))));
}
