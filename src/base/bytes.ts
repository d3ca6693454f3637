/**
 * Sizes in bytes, read and written. Input follows what people type ("512mb", "1.5 GiB", "80%");
 * both `mb` and `MiB` mean 2^20 bytes, as in `--max-old-space-size` and `docker --memory`.
 */
import { PlimsollError } from "./errors.ts";

const UNIT_BYTES: Readonly<Record<string, number>> = {
  b: 1,
  k: 2 ** 10,
  m: 2 ** 20,
  g: 2 ** 30,
  t: 2 ** 40,
};

const SIZE = /^\s*(\d+(?:\.\d+)?)\s*(%|([bkmgt])(?:i?b)?)?\s*$/i;

/** A size as a user may give it: bytes as a number, or text such as `512mb`, `1.5GiB`, `80%`. */
export type SizeInput = number | string;

/**
 * Reads a size.
 *
 * @param input - bytes, or text with a unit (`b`, `kb`, `mb`, `gb`, `tb`, `KiB`, …) or `%`.
 * @param wholeBytes - what per cent are of, in bytes. Default: per cent are refused.
 * @returns whole bytes, more than 0.
 * @throws PlimsollError `ERR_PLIMSOLL_BAD_SIZE` when it is no size, is not positive, or is a share of nothing known.
 */
export function parseBytes(input: SizeInput, wholeBytes?: number): number {
  if (typeof input === "number") {
    if (Number.isFinite(input) && input >= 1) return Math.floor(input);
    throw badSize(String(input), "a size is a positive number of bytes");
  }
  const match = SIZE.exec(input);
  if (!match) throw badSize(input, "a size looks like 512mb, 1.5GiB, 80% or 536870912");
  const number = Number(match[1]);
  if (match[2] === "%") {
    if (wholeBytes === undefined) throw badSize(input, "per cent need a limit, and none applies here: give bytes");
    if (number > 100) throw badSize(input, "a share is at most 100%");
    return positive(input, (number / 100) * wholeBytes);
  }
  return positive(input, number * (UNIT_BYTES[(match[3] ?? "b").toLowerCase()] ?? 1));
}

function positive(input: string, bytes: number): number {
  const whole = Math.floor(bytes);
  if (whole < 1 || !Number.isSafeInteger(whole)) throw badSize(input, "a size is between 1 byte and 8 PB");
  return whole;
}

function badSize(input: string, why: string): PlimsollError {
  return new PlimsollError("ERR_PLIMSOLL_BAD_SIZE", `"${input}" is not a size: ${why}.`, {
    details: { input },
  });
}

/**
 * Writes bytes for people: three significant digits at most, binary units, e.g. `391 MB`, `1.95 GB`, `-3.7 KB`.
 *
 * @param bytes - any finite number; `undefined` gives `?`.
 */
export function formatBytes(bytes: number | undefined): string {
  if (bytes === undefined || !Number.isFinite(bytes)) return "?";
  let value = Math.abs(bytes);
  let unit = "B";
  for (const next of ["KB", "MB", "GB", "TB"]) {
    if (value < 999.5) break;
    value /= 1024;
    unit = next;
  }
  const digits = unit === "B" || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  const text = String(Number(value.toFixed(digits)));
  return `${bytes < 0 && Number(text) !== 0 ? "-" : ""}${text} ${unit}`;
}
