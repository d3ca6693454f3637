/**
 * The command line: `workflow run FILE.ts` and what may stand beside it.
 */
import { readFileSync } from "node:fs";
import { parseArgs, type ParseArgsConfig } from "node:util";
import { WorkflowError, wordsOf } from "../workflow-error.ts";
import type { ProfileName } from "../execute/profile.ts";

/** What `--help` shows. */
export const HELP = `Runs a graph of language-model agents inside a memory limit, and goes on where it was killed.

workflow run FILE.ts      runs the default export of the file; its output goes to stdout
workflow show FILE.ts     checks it, and draws it as Mermaid

  --input JSON            what it runs on; @FILE reads it from a file (default: what the file exports as input)
  --limit SIZE            what the process may use: 256mb, 1gb, 80% (default: the container's, or the machine's)
  --profile NAME          auto (default), lowLatency, highThroughput or memoryOptimised
  --max-concurrency N     most nodes at once (default: as many as help and fit)
  --session NAME          runs of one session share what it keeps; give --checkpoints too
  --resume ID             goes on with a run that did not end; nothing that has finished runs again
  --checkpoints DIR       where runs are kept (default: .workflow/ID, removed when the run has ended)
  --sync                  what has finished survives a loss of power too, not only the death of the process
  --no-checkpoints        keeps nothing
  --timeline FILE.html    memory against its limit over time, in one page
  --json                  one JSON object on stdout: output, figures, peak
  --quiet                 no progress on stderr
  -h, --help              this text
`;

const OPTIONS = {
  input: { type: "string" },
  limit: { type: "string" },
  profile: { type: "string" },
  "max-concurrency": { type: "string" },
  session: { type: "string" },
  resume: { type: "string" },
  checkpoints: { type: "string" },
  sync: { type: "boolean" },
  "no-checkpoints": { type: "boolean" },
  timeline: { type: "string" },
  json: { type: "boolean" },
  quiet: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const satisfies ParseArgsConfig["options"];

/** What the user asked for. */
export interface CommandOptions {
  readonly command: "run" | "show" | "help";
  readonly file: string;
  /** Undefined for what the file exports. */
  readonly input: { readonly value: unknown } | undefined;
  readonly limit: string | undefined;
  readonly profile: ProfileName;
  readonly maxConcurrency: number | undefined;
  readonly session: string | undefined;
  readonly resume: string | undefined;
  readonly checkpoints: string | undefined;
  readonly isSynced: boolean;
  readonly keepsNothing: boolean;
  readonly timeline: string | undefined;
  readonly isJson: boolean;
  readonly isQuiet: boolean;
}

/** Reads the arguments. @throws WorkflowError `ERR_WORKFLOW_OPTION`. */
export function readOptions(args: readonly string[]): CommandOptions {
  const { values, positionals } = parse(args);
  const [command, file, ...rest] = positionals;
  if (values.help !== true && command !== "help") {
    if (command !== "run" && command !== "show")
      throw usage(command === undefined ? "Give a command." : `There is no command "${command}".`);
    if (file === undefined) throw usage("Give the file of a workflow.");
    if (rest.length > 0) throw usage(`Give one file; ${JSON.stringify(rest[0])} is one too many.`);
    if (values.resume !== undefined && values["no-checkpoints"]) throw usage("--resume needs checkpoints.");
    if (values.resume !== undefined && values.input !== undefined)
      throw usage("--resume goes on with the input that the run began with; leave --input out.");
  }
  return {
    command: values.help === true || command === "help" ? "help" : command === "show" ? "show" : "run",
    file: file ?? "",
    input: inputOf(values.input),
    limit: values.limit,
    profile: profileOf(values.profile),
    maxConcurrency: countOf("--max-concurrency", values["max-concurrency"]),
    session: values.session,
    resume: values.resume,
    checkpoints: values.checkpoints,
    isSynced: values.sync ?? false,
    keepsNothing: values["no-checkpoints"] ?? false,
    timeline: values.timeline,
    isJson: values.json ?? false,
    isQuiet: values.quiet ?? false,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw usage(wordsOf(error));
  }
}

function inputOf(text: string | undefined): CommandOptions["input"] {
  if (text === undefined) return undefined;
  try {
    const json = text.startsWith("@") ? readFileSync(text.slice(1), "utf8") : text;
    return { value: JSON.parse(json) as unknown };
  } catch (error) {
    throw usage(`--input: ${wordsOf(error)}. Give JSON such as '{"topic":"memory"}', or @FILE.json.`);
  }
}

const PROFILES: readonly ProfileName[] = ["auto", "lowLatency", "highThroughput", "memoryOptimised"];

function profileOf(name: string | undefined): ProfileName {
  const profile = PROFILES.find((each) => each === (name ?? "auto"));
  if (profile) return profile;
  throw usage(`--profile is one of ${PROFILES.join(", ")}, not "${name}".`);
}

function countOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw usage(`${option} is a number from 1, not "${text}".`);
}

function usage(what: string): WorkflowError {
  return new WorkflowError("ERR_WORKFLOW_OPTION", what);
}
