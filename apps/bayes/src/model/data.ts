/**
 * What data a model needs, checked before anything runs: a name that is missing, a length that does not fit and a NaN
 * are each one clear error with the name.
 */
import { BayesError } from "../errors.ts";

/** Kind and limits of one entry of the data. */
export interface DataField<T> {
  readonly rank: 0 | 1 | 2;
  readonly isInteger: boolean;
  readonly lower: number;
  readonly upper: number;
  /** Carries the type alone. */
  readonly type?: T;
}

/** Limits of the numbers of an entry. */
export interface DataLimits {
  /** Default: none. */
  readonly lower?: number;
  /** Default: none. */
  readonly upper?: number;
}

/** The entries of a model's data, by name. */
export type DataSchema = Readonly<Record<string, DataField<unknown>>>;

/** The data that a schema describes. */
export type DataOf<S extends DataSchema> = { readonly [K in keyof S]: S[K] extends DataField<infer T> ? T : never };

function field<T>(rank: 0 | 1 | 2, isInteger: boolean, { lower, upper }: DataLimits = {}): DataField<T> {
  return { rank, isInteger, lower: lower ?? -Infinity, upper: upper ?? Infinity };
}

/** A number. */
export const number = (limits?: DataLimits): DataField<number> => field(0, false, limits);
/** A whole number. */
export const integer = (limits?: DataLimits): DataField<number> => field(0, true, limits);
/** A list of numbers. */
export const vector = (limits?: DataLimits): DataField<readonly number[]> => field(1, false, limits);
/** A list of whole numbers: counts, categories, indexes. */
export const integers = (limits?: DataLimits): DataField<readonly number[]> => field(1, true, limits);
/** Rows of numbers. */
export const matrix = (limits?: DataLimits): DataField<readonly (readonly number[])[]> => field(2, false, limits);

/**
 * Checks data against a schema.
 *
 * @throws BayesError `ERR_BAYES_DATA` that names the entry, what was wanted and what was found.
 */
export function checkData<S extends DataSchema>(schema: S, data: unknown): DataOf<S> {
  if (typeof data !== "object" || data === null || Array.isArray(data))
    throw new BayesError("ERR_BAYES_DATA", `the data must be an object, not ${inWords(data)}`);
  const given = data as Readonly<Record<string, unknown>>;
  for (const [name, wanted] of Object.entries(schema)) checkField(name, wanted, given[name]);
  return given as DataOf<S>;
}

const RANKS = ["a number", "a list of numbers", "rows of numbers"] as const;

function checkField(name: string, wanted: DataField<unknown>, value: unknown): void {
  if (value === undefined)
    throw new BayesError("ERR_BAYES_DATA", `the data lack "${name}": ${RANKS[wanted.rank]}`, { name });
  const fail = (found: string, place: string): never => {
    const whole = wanted.isInteger ? "whole " : "";
    const limits =
      Number.isFinite(wanted.lower) || Number.isFinite(wanted.upper)
        ? ` between ${wanted.lower} and ${wanted.upper}`
        : "";
    const what = RANKS[wanted.rank].replace("number", `${whole}number`);
    throw new BayesError("ERR_BAYES_DATA", `data "${name}"${place} must be ${what}${limits}, but is ${found}`, {
      name,
    });
  };
  const checkNumber = (each: unknown, place: string): void => {
    if (typeof each !== "number" || !Number.isFinite(each)) return fail(inWords(each), place);
    if ((wanted.isInteger && !Number.isInteger(each)) || each < wanted.lower || each > wanted.upper)
      fail(String(each), place);
  };
  const checkRow = (row: unknown, place: string): void => {
    if (!Array.isArray(row)) return fail(inWords(row), place);
    for (const [index, each] of row.entries()) checkNumber(each, `${place}[${index}]`);
  };
  if (wanted.rank === 0) return checkNumber(value, "");
  if (wanted.rank === 1) return checkRow(value, "");
  if (!Array.isArray(value)) return fail(inWords(value), "");
  const rows: readonly unknown[] = value;
  for (const [index, row] of rows.entries()) {
    checkRow(row, `[${index}]`);
    const [length, first] = [row, rows[0]].map((each) => (Array.isArray(each) ? each.length : 0));
    if (length !== first) fail(`${length} numbers long, while the first row has ${first}`, `[${index}]`);
  }
}

function inWords(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return typeof value === "number" ? String(value) : typeof value === "object" ? "an object" : `a ${typeof value}`;
}
