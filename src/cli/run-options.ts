/**
 * Reads what was typed after `plimsoll run`, and refuses what cannot work before anything is started.
 */
import { parseBytes } from "../base/bytes.ts";
import { PlimsollError } from "../base/errors.ts";
import type { RecordedLimit } from "../monitor/remote/recording.ts";
import { readLimits, tightestLimit } from "../probe/limit.ts";
import { type OptionTable, parseOptions, usage } from "./arguments.ts";

const EXAMPLE = "plimsoll run -- node server.js";
const OPTIONS: OptionTable = {
  limit: { type: "string" },
  "report-dir": { type: "string" },
  "report-json": { type: "string" },
  "fail-on": { type: "string" },
  quiet: { type: "boolean" },
  json: { type: "boolean" },
  experiments: { type: "boolean" },
  native: { type: "boolean" },
};

/** What `--fail-on` can name. */
const FAILURES = ["leak", "limit"] as const;
/** One of the words of `--fail-on`. */
export type Failure = (typeof FAILURES)[number];

/** What `plimsoll run` shall do. */
export interface RunOptions {
  readonly command: readonly string[];
  readonly limit: RecordedLimit;
  readonly reportDir: string | undefined;
  readonly reportJson: string | undefined;
  readonly failOn: readonly Failure[];
  readonly quiet: boolean;
  readonly json: boolean;
}

/**
 * Reads the arguments of `run`.
 *
 * @throws PlimsollError `ERR_PLIMSOLL_USAGE` or `ERR_PLIMSOLL_BAD_SIZE`.
 */
export function parseRunOptions(args: readonly string[]): RunOptions {
  const split = args.indexOf("--");
  const { values, positionals } = parseOptions(split < 0 ? args : args.slice(0, split), OPTIONS, EXAMPLE);
  const command = split < 0 ? [] : args.slice(split + 1);
  if (split < 0) {
    const meant = positionals.length > 0 ? `plimsoll run -- ${positionals.join(" ").slice(0, 60)}` : EXAMPLE;
    throw usage("run needs -- before the command, so that its options stay its own.", meant);
  }
  const [stray] = positionals;
  if (stray !== undefined) throw usage(`"${stray.slice(0, 40)}" stands before --: only options may.`, EXAMPLE);
  if (!command[0]) throw usage("There is no command after --.", EXAMPLE);
  for (const later of ["experiments", "native"]) {
    if (values[later]) throw usage(`--${later} is not part of this version.`, EXAMPLE);
  }
  return {
    command,
    limit: readLimit(text(values["limit"])),
    reportDir: filled("report-dir", text(values["report-dir"])),
    reportJson: filled("report-json", text(values["report-json"])),
    failOn: readFailures(text(values["fail-on"])),
    quiet: values["quiet"] === true,
    json: values["json"] === true,
  };
}

function text(value: string | boolean | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function filled(name: string, value: string | undefined): string | undefined {
  if (value === "") throw usage(`--${name} needs a path.`, EXAMPLE);
  return value;
}

function readLimit(wanted: string | undefined): RecordedLimit {
  const real = tightestLimit(readLimits("self"));
  if (wanted === undefined) return { bytes: real?.bytes ?? null, source: real?.source ?? "no limit applies" };
  try {
    return { bytes: parseBytes(wanted, real?.bytes), source: `--limit ${wanted}` };
  } catch (error) {
    throw withExample(error, "plimsoll run --limit 512mb -- node server.js");
  }
}

/** Adds a command that works to an error of a parser that knows of none. */
export function withExample(error: unknown, example: string): unknown {
  if (!PlimsollError.is(error)) return error;
  return new PlimsollError(error.code, error.message, { details: { ...error.details, example }, cause: error });
}

function readFailures(wanted: string | undefined): Failure[] {
  if (wanted === undefined) return [];
  return wanted.split(",").map((word) => {
    const found = FAILURES.find((failure) => failure === word.trim());
    if (found) return found;
    throw usage(
      `--fail-on knows ${FAILURES.join(" and ")}, not "${word.slice(0, 40)}".`,
      "plimsoll run --fail-on leak,limit -- node server.js",
    );
  });
}
