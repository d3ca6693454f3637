/** Reads what was typed after `plimsoll supervise`: options of ours up to `--`, and behind it the command. */
import { PlimsollError } from "../base/errors.ts";
import { type SupervisedLimit, supervisedLimit } from "../supervise/supervisor-options.ts";
import { type OptionTable, type ParsedArguments, parseOptions, usage } from "./arguments.ts";
import { parseDuration } from "./duration.ts";
import { text, withExample } from "./report-options.ts";

const EXAMPLE = "plimsoll supervise -- node server.js";
const OPTIONS: OptionTable = {
  limit: { type: "string" },
  drain: { type: "string" },
  instances: { type: "string" },
  "restart-after": { type: "string" },
  "report-dir": { type: "string" },
  "no-reports": { type: "boolean" },
  quiet: { type: "boolean" },
  json: { type: "boolean" },
};
const MAX_INSTANCES = 256;

/** What `plimsoll supervise` shall do. */
export interface SuperviseOptions {
  readonly command: readonly string[];
  readonly limit: string;
  readonly instances: number;
  readonly drainMs: number;
  readonly restartAfter: { readonly units: number } | { readonly ageMs: number } | undefined;
  readonly reportDir: string | undefined;
  readonly reports: boolean;
  readonly quiet: boolean;
  readonly json: boolean;
}

/**
 * Reads the arguments of `supervise`.
 *
 * @throws PlimsollError `ERR_PLIMSOLL_USAGE` or `ERR_PLIMSOLL_BAD_SIZE`.
 */
export function parseSuperviseOptions(args: readonly string[]): SuperviseOptions {
  const split = args.indexOf("--");
  const { values, positionals } = parseOptions(split < 0 ? args : args.slice(0, split), OPTIONS, EXAMPLE);
  const command = split < 0 ? [] : args.slice(split + 1);
  if (split < 0) {
    const meant = positionals.length > 0 ? `plimsoll supervise -- ${positionals.join(" ").slice(0, 60)}` : EXAMPLE;
    throw usage("supervise needs -- before the command, so that its options stay its own.", meant);
  }
  const [stray] = positionals;
  if (stray !== undefined) throw usage(`"${stray.slice(0, 40)}" stands before --: only options may.`, EXAMPLE);
  if (!command[0]) throw usage("There is no command after --.", EXAMPLE);
  const instances = readInstances(text(values["instances"]));
  const limit = text(values["limit"]) ?? "80%";
  checkLimit(limit, instances);
  if (text(values["report-dir"]) === "") throw usage("--report-dir needs a path.", superviseExample(""));
  return {
    command,
    limit,
    instances,
    drainMs: parseDuration("drain", text(values["drain"]) ?? "10s", superviseExample("--drain 10s")),
    restartAfter: readRestart(values),
    reportDir: text(values["report-dir"]),
    reports: values["no-reports"] !== true,
    quiet: values["quiet"] === true,
    json: values["json"] === true,
  };
}

/** A `supervise` that works, with an option. */
export function superviseExample(option: string): string {
  return `plimsoll supervise ${option === "" ? "" : `${option} `}-- node server.js`;
}

function checkLimit(limit: string, instances: number): SupervisedLimit {
  try {
    return supervisedLimit(limit, instances);
  } catch (error) {
    if (!PlimsollError.is(error)) throw error;
    throw withExample(error, superviseExample("--limit 512mb"));
  }
}

function readInstances(wanted: string | undefined): number {
  if (wanted === undefined) return 1;
  const count = Number(wanted);
  if (/^\d+$/.test(wanted) && count >= 1 && count <= MAX_INSTANCES) return count;
  throw usage(
    `--instances needs a number from 1 to ${MAX_INSTANCES}, not "${wanted.slice(0, 40)}".`,
    superviseExample("--instances 2"),
  );
}

/** A bare number is units, one with a unit is a time. */
function readRestart(values: ParsedArguments["values"]): SuperviseOptions["restartAfter"] {
  const wanted = text(values["restart-after"]);
  if (wanted === undefined) return undefined;
  const units = Number(wanted);
  if (/^\d+$/.test(wanted) && units >= 1) return { units };
  const example = superviseExample("--restart-after 2h");
  if (!/[a-z]\s*$/i.test(wanted)) {
    throw usage(
      `--restart-after needs a number of requests such as 1000, or a time such as 2h, not "${wanted.slice(0, 40)}".`,
      example,
    );
  }
  return { ageMs: parseDuration("restart-after", wanted, example) };
}
