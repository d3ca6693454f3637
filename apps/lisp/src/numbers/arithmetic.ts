/**
 * The numeric tower of R7RS-small without complex numbers: exact integers (JavaScript numbers while safe, BigInts beyond), exact
 * fractions, inexact reals. Each operation has a quick path for safe integers; the rest goes through the higher of both levels.
 */
import { wrongType } from "../data/errors.ts";
import { failure } from "../data/errors.ts";
import { Flonum, Ratio, type Value } from "../data/values.ts";

const SAFE = Number.MAX_SAFE_INTEGER;
const SAFE_BIG = BigInt(SAFE);

/** A number of the language. */
export type Numeric = number | bigint | Ratio | Flonum;

/** True for every number. */
export function isNumeric(value: Value): value is Numeric {
  return typeof value === "number" || typeof value === "bigint" || value instanceof Flonum || value instanceof Ratio;
}

/** True for an exact integer. */
export function isExactInteger(value: Value): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

/** The exact integer `value` in the form that its size asks for. */
export function fromBig(value: bigint): number | bigint {
  return value <= SAFE_BIG && value >= -SAFE_BIG ? Number(value) : value;
}

/** The exact quotient of two integers, in lowest terms. @throws `LispError` when `denominator` is 0. */
export function fraction(numerator: bigint, denominator: bigint): Numeric {
  if (denominator === 0n) throw failure("divide", "division by zero");
  const divisor = gcdBig(numerator, denominator) * (denominator < 0n ? -1n : 1n);
  const over = denominator / divisor;
  return over === 1n ? fromBig(numerator / divisor) : new Ratio(numerator / divisor, over);
}

/** The greatest common divisor, never negative. */
export function gcdBig(a: bigint, b: bigint): bigint {
  let [x, y] = [a < 0n ? -a : a, b < 0n ? -b : b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}

function check(value: Value): Numeric {
  if (isNumeric(value)) return value;
  throw wrongType("a number", value);
}

/** The nearest double. @throws `LispError` when `value` is no number. */
export function toDouble(value: Value): number {
  if (typeof value === "number") return value;
  if (value instanceof Flonum) return value.value;
  if (typeof value === "bigint") return Number(value);
  if (value instanceof Ratio) return divideBig(value.numerator, value.denominator);
  throw wrongType("a number", value);
}

/** The double nearest to a quotient, also where numerator or denominator alone have none. */
function divideBig(numerator: bigint, denominator: bigint): number {
  const negative = numerator < 0n;
  const top = negative ? -numerator : numerator;
  const shift = top.toString(2).length - denominator.toString(2).length - 66;
  const [scaledTop, scaledBottom] =
    shift >= 0 ? [top, denominator << BigInt(shift)] : [top << BigInt(-shift), denominator];
  // A sticky bit keeps the rounding of the conversion right.
  const quotient = scaledTop / scaledBottom;
  const sticky = quotient * scaledBottom === scaledTop ? quotient : quotient | 1n;
  const half = Math.trunc(shift / 2);
  const result = Number(sticky) * 2 ** half * 2 ** (shift - half);
  return negative ? -result : result;
}

function toBig(value: Numeric): bigint {
  return BigInt(value as number | bigint);
}

function ratioOf(value: Numeric): Ratio {
  return value instanceof Ratio ? value : new Ratio(toBig(value), 1n);
}

/** The sum. */
export function add(a: Value, b: Value): Numeric {
  if (typeof a === "number" && typeof b === "number") {
    const sum = a + b;
    return sum <= SAFE && sum >= -SAFE ? sum : fromBig(BigInt(a) + BigInt(b));
  }
  const [x, y] = [check(a), check(b)];
  if (x instanceof Flonum || y instanceof Flonum) return new Flonum(toDouble(x) + toDouble(y));
  if (x instanceof Ratio || y instanceof Ratio) {
    const [p, q] = [ratioOf(x), ratioOf(y)];
    return fraction(p.numerator * q.denominator + q.numerator * p.denominator, p.denominator * q.denominator);
  }
  return fromBig(toBig(x) + toBig(y));
}

/** The difference. */
export function subtract(a: Value, b: Value): Numeric {
  if (typeof a === "number" && typeof b === "number") {
    const difference = a - b;
    return difference <= SAFE && difference >= -SAFE ? difference : fromBig(BigInt(a) - BigInt(b));
  }
  const [x, y] = [check(a), check(b)];
  if (x instanceof Flonum || y instanceof Flonum) return new Flonum(toDouble(x) - toDouble(y));
  if (x instanceof Ratio || y instanceof Ratio) {
    const [p, q] = [ratioOf(x), ratioOf(y)];
    return fraction(p.numerator * q.denominator - q.numerator * p.denominator, p.denominator * q.denominator);
  }
  return fromBig(toBig(x) - toBig(y));
}

/** The product. */
export function multiply(a: Value, b: Value): Numeric {
  if (typeof a === "number" && typeof b === "number") {
    const product = a * b;
    // Adding 0 turns -0 into 0: there is no negative zero among the exact integers.
    return product <= SAFE && product >= -SAFE ? product + 0 : fromBig(BigInt(a) * BigInt(b));
  }
  const [x, y] = [check(a), check(b)];
  if (x instanceof Flonum || y instanceof Flonum) return new Flonum(toDouble(x) * toDouble(y));
  if (x instanceof Ratio || y instanceof Ratio) {
    const [p, q] = [ratioOf(x), ratioOf(y)];
    return fraction(p.numerator * q.numerator, p.denominator * q.denominator);
  }
  return fromBig(toBig(x) * toBig(y));
}

/** The quotient, exact when both are. @throws `LispError` for a division by exact zero. */
export function divide(a: Value, b: Value): Numeric {
  const [x, y] = [check(a), check(b)];
  if (y === 0) throw failure("divide", "division by zero", x);
  if (x instanceof Flonum || y instanceof Flonum) return new Flonum(toDouble(x) / toDouble(y));
  const [p, q] = [ratioOf(x), ratioOf(y)];
  return fraction(p.numerator * q.denominator, p.denominator * q.numerator);
}

/** Below 0, 0 or above 0 as `a` is less than, equal to or greater than `b`; NaN when they have no order. */
export function compare(a: Value, b: Value): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  const [x, y] = [check(a), check(b)];
  if (x instanceof Flonum || y instanceof Flonum) {
    const [p, q] = [toDouble(x), toDouble(y)];
    if (!Number.isFinite(p) || !Number.isFinite(q)) return p === q ? 0 : p - q;
    // Exactly, so that comparing stays transitive.
    return compare(toExact(x), toExact(y));
  }
  if (x instanceof Ratio || y instanceof Ratio) {
    const [p, q] = [ratioOf(x), ratioOf(y)];
    const difference = p.numerator * q.denominator - q.numerator * p.denominator;
    return difference < 0n ? -1 : difference > 0n ? 1 : 0;
  }
  return x < y ? -1 : x > y ? 1 : 0;
}

/** The exact number of the same value. @throws `LispError` for an infinity or NaN. */
export function toExact(value: Value): Numeric {
  const number = check(value);
  if (!(number instanceof Flonum)) return number;
  const double = number.value;
  if (!Number.isFinite(double)) throw failure("type", "no exact number is equal to", value);
  if (Number.isInteger(double)) return Number.isSafeInteger(double) ? double + 0 : BigInt(double);
  let [scaled, denominator] = [double, 1n];
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    denominator *= 2n;
  }
  return fraction(BigInt(scaled), denominator);
}

/** The nearest inexact number. */
export function toInexact(value: Value): Flonum {
  return value instanceof Flonum ? value : new Flonum(toDouble(value));
}

/** True for integers, exact or not. */
export function isInteger(value: Value): value is number | bigint | Flonum {
  return isExactInteger(value) || (value instanceof Flonum && Number.isInteger(value.value));
}
