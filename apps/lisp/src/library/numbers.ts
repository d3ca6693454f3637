/**
 * The numeric procedures of R7RS-small.
 */
import { failure, wrongType } from "../data/errors.ts";
import { Flonum, MultipleValues, Ratio, Text, type Value } from "../data/values.ts";
import {
  add,
  compare,
  divide,
  fromBig,
  isExactInteger,
  isInteger,
  isNumeric,
  multiply,
  subtract,
  toDouble,
  toExact,
  toInexact,
} from "../numbers/arithmetic.ts";
import {
  abs,
  floorQuotient,
  gcd,
  integerRoot,
  lcm,
  modulo,
  power,
  quotient,
  rationalize,
  remainder,
  round,
  squareRoot,
} from "../numbers/integers.ts";
import { formatNumber, parseNumber } from "../numbers/notation.ts";
import { ANY, type PrimitiveTable, toText } from "./table.ts";

function number(value: Value): Value {
  if (isNumeric(value)) return value;
  throw wrongType("a number", value);
}

function comparison(holds: (order: number) => boolean) {
  return (...values: Value[]): Value => {
    let isOrdered = true;
    for (let index = 1; index < values.length; index++)
      if (!holds(compare(values[index - 1], values[index]))) isOrdered = false;
    if (values.length === 1) number(values[0]);
    return isOrdered;
  };
}

function extreme(isBetter: (order: number) => boolean) {
  return (...values: Value[]): Value => {
    let best: Value = values[0];
    for (const value of values) if (isBetter(compare(value, best)) || Number.isNaN(toDouble(value))) best = value;
    return values.some((value) => value instanceof Flonum) ? toInexact(best) : number(best);
  };
}

function toRadix(value: Value): number {
  if (value === undefined) return 10;
  if (typeof value === "number" && value >= 2 && value <= 36) return value;
  throw failure("range", "no such radix:", value);
}

function isFinite(value: Value): boolean {
  return Number.isFinite(value instanceof Flonum ? value.value : number(value) === value && 0);
}

/** Adds the numeric procedures. */
export function addNumbers(table: PrimitiveTable): void {
  table.add("+", (...values) => values.reduce<Value>(add, 0), 0, ANY);
  table.add("*", (...values) => values.reduce<Value>(multiply, 1), 0, ANY);
  table.add("-", (first, ...rest) => (rest.length === 0 ? subtract(0, first) : rest.reduce(subtract, first)), 1, ANY);
  table.add("/", (first, ...rest) => (rest.length === 0 ? divide(1, first) : rest.reduce(divide, first)), 1, ANY);
  table.add(
    "=",
    comparison((order) => order === 0),
    1,
    ANY,
  );
  table.add(
    "<",
    comparison((order) => order < 0),
    1,
    ANY,
  );
  table.add(
    ">",
    comparison((order) => order > 0),
    1,
    ANY,
  );
  table.add(
    "<=",
    comparison((order) => order <= 0),
    1,
    ANY,
  );
  table.add(
    ">=",
    comparison((order) => order >= 0),
    1,
    ANY,
  );
  table.add(
    "max",
    extreme((order) => order > 0),
    1,
    ANY,
  );
  table.add(
    "min",
    extreme((order) => order < 0),
    1,
    ANY,
  );
  for (const name of ["number?", "complex?", "real?"]) table.add(name, isNumeric, 1);
  table.add("rational?", (value) => isNumeric(value) && isFinite(value), 1);
  table.add("integer?", isInteger, 1);
  table.add("exact-integer?", isExactInteger, 1);
  table.add("exact-rational?", (value) => isExactInteger(value) || value instanceof Ratio, 1);
  table.add("exact?", (value) => !(number(value) instanceof Flonum), 1);
  table.add("inexact?", (value) => number(value) instanceof Flonum, 1);
  table.add("finite?", isFinite, 1);
  table.add("infinite?", (value) => Math.abs(toDouble(value)) === Number.POSITIVE_INFINITY && !isFinite(value), 1);
  table.add("nan?", (value) => Number.isNaN(toDouble(value)), 1);
  table.add("zero?", (value) => compare(value, 0) === 0, 1);
  table.add("positive?", (value) => compare(value, 0) > 0, 1);
  table.add("negative?", (value) => compare(value, 0) < 0, 1);
  table.add("odd?", (value) => compare(remainder(value, 2), 0) !== 0, 1);
  table.add("even?", (value) => compare(remainder(value, 2), 0) === 0, 1);
  table.add("abs", abs, 1);
  table.add("magnitude", abs, 1);
  for (const name of ["quotient", "truncate-quotient"]) table.add(name, quotient, 2);
  for (const name of ["remainder", "truncate-remainder"]) table.add(name, remainder, 2);
  for (const name of ["modulo", "floor-remainder"]) table.add(name, modulo, 2);
  table.add("floor-quotient", floorQuotient, 2);
  table.add("floor/", (a, b) => new MultipleValues([floorQuotient(a, b), modulo(a, b)]), 2);
  table.add("truncate/", (a, b) => new MultipleValues([quotient(a, b), remainder(a, b)]), 2);
  table.add("gcd", (...values) => values.reduce<Value>(gcd, 0), 0, ANY);
  table.add("lcm", (...values) => values.reduce<Value>(lcm, 1), 0, ANY);
  for (const name of ["floor", "ceiling", "truncate", "round"] as const)
    table.add(name, (value) => round(name, value), 1);
  table.add("rationalize", rationalize, 2);
  table.add(
    "numerator",
    (value) =>
      part(
        value,
        ({ numerator }) => numerator,
        (integer) => integer,
      ),
    1,
  );
  table.add(
    "denominator",
    (value) =>
      part(
        value,
        ({ denominator }) => denominator,
        () => 1,
      ),
    1,
  );
  for (const name of ["exact", "inexact->exact"]) table.add(name, toExact, 1);
  for (const name of ["inexact", "exact->inexact"]) table.add(name, toInexact, 1);
  addTranscendental(table);
  table.add("sqrt", squareRoot, 1);
  table.add("square", (value) => multiply(value, value), 1);
  table.add("expt", power, 2);
  table.add("exact-integer-sqrt", exactRoot, 1);
  table.add(
    "number->string",
    (value, radix) => new Text(formatNumber(isNumeric(value) ? value : toInexact(value), toRadix(radix))),
    1,
    2,
  );
  table.add("string->number", (text, radix) => parseNumber(toText(text).text, toRadix(radix)) ?? false, 1, 2);
  table.add(
    "boolean=?",
    (...values) => {
      for (const value of values) if (typeof value !== "boolean") throw wrongType("a boolean", value);
      return values.every((value) => value === values[0]);
    },
    2,
    ANY,
  );
}

function part(value: Value, ofRatio: (ratio: Ratio) => bigint, ofInteger: (integer: Value) => Value): Value {
  const exact = toExact(value);
  const result = exact instanceof Ratio ? fromBig(ofRatio(exact)) : ofInteger(exact);
  return value instanceof Flonum ? toInexact(result) : result;
}

function exactRoot(value: Value): Value {
  if (!isExactInteger(value) || value < 0) throw wrongType("an exact integer that is not negative", value);
  const root = integerRoot(BigInt(value));
  return new MultipleValues([fromBig(root), fromBig(BigInt(value) - root * root)]);
}

function addTranscendental(table: PrimitiveTable): void {
  const functions = { sin: Math.sin, cos: Math.cos, tan: Math.tan, asin: Math.asin, acos: Math.acos, exp: Math.exp };
  for (const [name, fn] of Object.entries(functions)) {
    // The few exact results that have exact arguments.
    const exactAt = name === "acos" ? 1 : 0;
    const exactValue = name === "cos" || name === "exp" ? 1 : 0;
    table.add(name, (value) => (value === exactAt ? exactValue : new Flonum(fn(toDouble(value)))), 1);
  }
  table.add(
    "atan",
    (y, x) => {
      if (y === 0 && (x === undefined || (!(x instanceof Flonum) && compare(x, 0) > 0))) return 0;
      return new Flonum(x === undefined ? Math.atan(toDouble(y)) : Math.atan2(toDouble(y), toDouble(x)));
    },
    1,
    2,
  );
  table.add(
    "log",
    (value, base) => {
      if (value === 1) return 0;
      return new Flonum(base === undefined ? logarithm(value) : logarithm(value) / logarithm(base));
    },
    1,
    2,
  );
}

function logarithm(value: Value): number {
  if (typeof value !== "bigint" || value < 0n) return Math.log(toDouble(value));
  // Beyond the doubles: the digits that are too many are counted apart.
  const excess = Math.max(0, value.toString(2).length - 1000);
  return Math.log(Number(value >> BigInt(excess))) + excess * Math.LN2;
}
