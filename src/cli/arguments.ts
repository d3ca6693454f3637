/**
 * Reads a command's options with node:util's parseArgs and turns its errors into ours: what was wrong,
 * the nearest thing that exists, and a command that works.
 */
import { parseArgs, type ParseArgsConfig } from "node:util";
import { PlimsollError } from "../base/errors.ts";

/** Options as `parseArgs` takes them. */
export type OptionTable = NonNullable<ParseArgsConfig["options"]>;

/** Parsed options by name, and what is no option. */
export interface ParsedArguments {
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
  readonly positionals: readonly string[];
}

/**
 * Parses the options of a command.
 *
 * @param args - what follows the command's name, up to `--`.
 * @param options - every option that the command knows.
 * @param example - a command that works, for the message.
 * @throws PlimsollError `ERR_PLIMSOLL_USAGE` for unknown options and missing values.
 */
export function parseOptions(args: readonly string[], options: OptionTable, example: string): ParsedArguments {
  const known = Object.keys(options);
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    return { values: values as ParsedArguments["values"], positionals };
  } catch (error) {
    const unknown = args.find(
      (arg) => arg.startsWith("-") && !known.includes(optionName(arg)) && arg !== "-o" && arg !== "-h",
    );
    if (unknown) {
      const near = nearest(optionName(unknown), known);
      throw usage(`There is no option ${unknown.split("=")[0]}.${near ? ` Did you mean --${near}?` : ""}`, example);
    }
    throw usage(plain(error), example);
  }
}

function optionName(arg: string): string {
  return arg.replace(/^-+/, "").replace(/=.*/s, "");
}

/** The first sentence of parseArgs' message, which is made for programmers. */
function plain(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const first = message.split(/\.\s|\n/)[0] ?? message;
  return `${first.replace(/^Option '(?:-\w, )?(--[\w-]+)(?: <value>)?'/, "$1").replace(/argument missing/, "needs a value")}.`;
}

/**
 * A usage error.
 *
 * @param what - one or two sentences.
 * @param example - a command that works.
 */
export function usage(what: string, example: string): PlimsollError {
  return new PlimsollError("ERR_PLIMSOLL_USAGE", what, { details: { example } });
}

/**
 * The candidate that a misspelt word most likely means.
 *
 * @returns `undefined` when nothing is near: more than a third of the letters differ.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const ranked = candidates
    .map((candidate) => ({
      candidate,
      distance: candidate.startsWith(word) && word.length > 1 ? 0 : distance(word, candidate),
    }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best && best.distance <= Math.max(1, Math.ceil(best.candidate.length / 3)) ? best.candidate : undefined;
}

/** Optimal string alignment: insertions, deletions, replacements and swapped neighbours. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const cost = a[row - 1] === b[column - 1] ? 0 : 1;
      let least = Math.min(at(previous, column) + 1, at(current, column - 1) + 1, at(previous, column - 1) + cost);
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        least = Math.min(least, at(before, column - 2) + 1);
      }
      current.push(least);
    }
    before = previous;
    previous = current;
  }
  return at(previous, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
