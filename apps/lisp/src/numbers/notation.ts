/**
 * Numbers as text, both ways: every notation of R7RS-small for reals, in the radices 2 to 36.
 */
import { Flonum, Ratio } from "../data/values.ts";
import { fraction, fromBig, isExactInteger, type Numeric, toExact, toInexact } from "./arithmetic.ts";

const RADICES: Readonly<Record<string, number>> = { b: 2, o: 8, d: 10, x: 16 };
/** Exponents may be marked with the precision that is meant; there is only one. */
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[esfdl][+-]?\d+)?$/;
/** A literal exponent beyond this would take the machine's memory when made exact. */
const MAX_EXACT_EXPONENT = 100_000;

/** The number that `text` denotes; `undefined` when it denotes none. `radix` holds unless the text names another. Default: 10. */
export function parseNumber(text: string, radix = 10): Numeric | undefined {
  let rest = text.toLowerCase();
  let base = radix;
  let exactness = "";
  while (rest.startsWith("#")) {
    const mark = rest[1] ?? "";
    if (mark === "e" || mark === "i") exactness = mark;
    else if (mark in RADICES) base = RADICES[mark] ?? base;
    else return undefined;
    rest = rest.slice(2);
  }
  if (exactness === "e" && base === 10 && DECIMAL.test(rest) && /[.esfdl]/.test(rest))
    return exactDecimal(rest.replace(/[sfdl]/, "e"));
  const number = parseReal(rest, base);
  if (number === undefined || exactness === "") return number;
  if (exactness === "i") return toInexact(number);
  return number instanceof Flonum && !Number.isFinite(number.value) ? undefined : toExact(number);
}

function parseReal(text: string, radix: number): Numeric | undefined {
  const integer = parseInteger(text, radix);
  if (integer !== undefined) return fromBig(integer);
  const slash = text.indexOf("/");
  if (slash > 0) {
    const top = parseInteger(text.slice(0, slash), radix);
    const bottom = /^[+-]/.test(text.slice(slash + 1)) ? undefined : parseInteger(text.slice(slash + 1), radix);
    return top === undefined || bottom === undefined || bottom === 0n ? undefined : fraction(top, bottom);
  }
  if (/^[+-]inf\.0$/.test(text)) return new Flonum(text.startsWith("-") ? -Infinity : Infinity);
  if (/^[+-]nan\.0$/.test(text)) return new Flonum(Number.NaN);
  return radix === 10 && DECIMAL.test(text) ? new Flonum(Number(text.replace(/[sfdl]/, "e"))) : undefined;
}

function parseInteger(text: string, radix: number): bigint | undefined {
  const sign = text.startsWith("-") ? -1n : 1n;
  const digits = /^[+-]/.test(text) ? text.slice(1) : text;
  if (!/^[0-9a-z]+$/.test(digits)) return undefined;
  if (radix === 10) return /^\d+$/.test(digits) ? sign * BigInt(digits) : undefined;
  for (const digit of digits) if (Number.isNaN(Number.parseInt(digit, radix))) return undefined;
  if (radix === 16 || radix === 8 || radix === 2) {
    const prefix = radix === 16 ? "0x" : radix === 8 ? "0o" : "0b";
    return sign * BigInt(prefix + digits);
  }
  let result = 0n;
  for (const digit of digits) result = result * BigInt(radix) + BigInt(Number.parseInt(digit, radix));
  return sign * result;
}

function exactDecimal(text: string): Numeric | undefined {
  const [mantissa = "", exponent = "0"] = text.split("e");
  const [whole = "", part = ""] = mantissa.split(".");
  const shift = Number(exponent) - part.length;
  if (Math.abs(shift) > MAX_EXACT_EXPONENT) return undefined;
  const digits = BigInt((whole + part).replace(/^\+/, ""));
  const sign = mantissa.startsWith("-") && digits > 0n ? -1n : 1n;
  const signed = sign * digits;
  return shift >= 0 ? fromBig(signed * 10n ** BigInt(shift)) : fraction(signed, 10n ** BigInt(-shift));
}

/** The text of a number in `radix`. Default: 10. */
export function formatNumber(number: Numeric, radix = 10): string {
  if (isExactInteger(number)) return number.toString(radix);
  if (number instanceof Ratio) return `${number.numerator.toString(radix)}/${number.denominator.toString(radix)}`;
  const { value } = number;
  if (Number.isNaN(value)) return "+nan.0";
  if (!Number.isFinite(value)) return value > 0 ? "+inf.0" : "-inf.0";
  if (Object.is(value, -0)) return "-0.0";
  const text = value.toString(radix);
  if (radix !== 10) return text.includes(".") ? text : `${text}.`;
  const [mantissa = "", exponent] = text.split("e");
  if (exponent !== undefined) return `${mantissa}e${exponent.replace("+", "")}`;
  return mantissa.includes(".") ? mantissa : `${mantissa}.0`;
}
