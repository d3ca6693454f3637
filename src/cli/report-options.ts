/**
 * The options that every watching command has: the limit to report against, where the report goes,
 * when to fail, how to speak. What cannot work is refused before anything is started.
 */
import { parseBytes } from "../base/bytes.ts";
import { PlimsollError } from "../base/errors.ts";
import type { RecordedLimit } from "../monitor/remote/recording.ts";
import { readLimits, tightestLimit } from "../probe/limit.ts";
import { type OptionTable, type ParsedArguments, usage } from "./arguments.ts";
import { parseDuration } from "./duration.ts";

/** What `parseOptions` is told of them. */
export const REPORT_OPTIONS: OptionTable = {
  limit: { type: "string" },
  "report-dir": { type: "string" },
  "report-json": { type: "string" },
  "fail-on": { type: "string" },
  quiet: { type: "boolean" },
  json: { type: "boolean" },
  experiments: { type: "boolean" },
  "no-heap-snapshot": { type: "boolean" },
  snapshots: { type: "boolean" },
  "max-pause": { type: "string" },
};

/** What `--fail-on` can name. */
const FAILURES = ["leak", "limit"] as const;
/** One of the words of `--fail-on`. */
export type Failure = (typeof FAILURES)[number];

/** How to report. */
export interface ReportOptions {
  readonly limit: RecordedLimit;
  readonly reportDir: string | undefined;
  readonly reportJson: string | undefined;
  readonly failOn: readonly Failure[];
  readonly quiet: boolean;
  readonly json: boolean;
  /** Whether to try what collecting, ending a turn and trimming bring. */
  readonly experiments: boolean;
  /** Whether to take a heap snapshot unasked near the limit, where it is predicted to fit. */
  readonly heapSnapshot: boolean;
  /** Whether to take three heap snapshots once a heap is judged to leak. */
  readonly snapshots: boolean;
  /** How long a heap snapshot may be predicted to stop the program, in milliseconds. Default: 5,000. */
  readonly maxPauseMs: number | undefined;
}

/** A command that works, with an option in it. */
export type ExampleOf = (option: string) => string;

/**
 * Reads them.
 *
 * @param pid - whose limits per cent are of. `self` for a program that is yet to be started.
 * @throws PlimsollError `ERR_PLIMSOLL_USAGE` or `ERR_PLIMSOLL_BAD_SIZE`.
 */
export function readReportOptions(
  values: ParsedArguments["values"],
  pid: number | "self",
  exampleOf: ExampleOf,
): ReportOptions {
  return {
    limit: readLimit(text(values["limit"]), pid, exampleOf),
    reportDir: readPath("report-dir", values, exampleOf),
    reportJson: readPath("report-json", values, exampleOf),
    failOn: readFailures(text(values["fail-on"]), exampleOf),
    quiet: values["quiet"] === true,
    json: values["json"] === true,
    experiments: values["experiments"] === true,
    heapSnapshot: values["no-heap-snapshot"] !== true,
    snapshots: values["snapshots"] === true,
    maxPauseMs: readPause(text(values["max-pause"]), exampleOf),
  };
}

/** The text of an option that takes one. */
export function text(value: string | boolean | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function readPause(wanted: string | undefined, exampleOf: ExampleOf): number | undefined {
  return wanted === undefined ? undefined : parseDuration("max-pause", wanted, exampleOf("--max-pause 5s"));
}

function readPath(name: string, values: ParsedArguments["values"], exampleOf: ExampleOf): string | undefined {
  const value = text(values[name]);
  if (value === "") throw usage(`--${name} needs a path.`, exampleOf(""));
  return value;
}

function readLimit(wanted: string | undefined, pid: number | "self", exampleOf: ExampleOf): RecordedLimit {
  const real = tightestLimit(readLimits(pid));
  if (wanted === undefined) return { bytes: real?.bytes ?? null, source: real?.source ?? "no limit applies" };
  try {
    return { bytes: parseBytes(wanted, real?.bytes), source: `--limit ${wanted}` };
  } catch (error) {
    throw withExample(error, exampleOf("--limit 512mb"));
  }
}

/** Adds a command that works to an error of a parser that knows of none. */
export function withExample(error: unknown, example: string): unknown {
  if (!PlimsollError.is(error)) return error;
  return new PlimsollError(error.code, error.message, { details: { ...error.details, example }, cause: error });
}

function readFailures(wanted: string | undefined, exampleOf: ExampleOf): Failure[] {
  if (wanted === undefined) return [];
  return wanted.split(",").map((word) => {
    const found = FAILURES.find((failure) => failure === word.trim());
    if (found) return found;
    throw usage(
      `--fail-on knows ${FAILURES.join(" and ")}, not "${word.slice(0, 40)}".`,
      exampleOf("--fail-on leak,limit"),
    );
  });
}
