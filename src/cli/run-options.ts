/**
 * Reads what was typed after `plimsoll run`: options of ours up to `--`, and behind it the command, which is
 * never looked into.
 */
import { type OptionTable, parseOptions, usage } from "./arguments.ts";
import { findHeaptrack, type HeaptrackFiles } from "./heaptrack.ts";
import { installCommand } from "./installation.ts";
import { readReportOptions, REPORT_OPTIONS, type ReportOptions } from "./report-options.ts";

const EXAMPLE = "plimsoll run -- node server.js";
const OPTIONS: OptionTable = { ...REPORT_OPTIONS, native: { type: "boolean" } };

/** What `plimsoll run` shall do. */
export interface RunOptions extends ReportOptions {
  readonly command: readonly string[];
  /** Set where native allocations shall be recorded. */
  readonly heaptrack: HeaptrackFiles | undefined;
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
  const heaptrack = values["native"] === true ? findHeaptrack() : undefined;
  if (values["native"] === true && heaptrack === undefined) {
    throw usage(
      "--native reads what heaptrack records, which is not installed.\nNothing was started.",
      installCommand("heaptrack"),
    );
  }
  return { command, heaptrack, ...readReportOptions(values, "self", runExample) };
}

/** A `run` that works, with an option. */
export function runExample(option: string): string {
  return `plimsoll run ${option === "" ? "" : `${option} `}-- node server.js`;
}
