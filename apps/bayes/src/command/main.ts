/**
 * The executable, which `bin/bayes.js` loads: finds the command, and turns an error into a few lines and an exit code.
 */
import { BayesError } from "../errors.ts";
import { exitCodeOf } from "./exit-codes.ts";
import { HELP, inArguments } from "./fit-arguments.ts";
import { runFit } from "./fit-command.ts";
import { commandOf } from "./shell-words.ts";

const EXAMPLE = "npx bayes fit model.ts --data data.json";

function main(args: readonly string[]): number | Promise<number> {
  const [command, ...rest] = args;
  if (args.includes("--help") || args.includes("-h") || command === "help") {
    process.stdout.write(HELP);
    return 0;
  }
  if (command === "fit") return runFit(rest);
  const what = command === undefined ? "no command was given" : `there is no command "${command}"`;
  throw new BayesError("ERR_BAYES_OPTION", what);
}

function explain(error: unknown, args: readonly string[]): string {
  if (!BayesError.is(error)) return `bayes: ${error instanceof Error ? error.message : String(error)}\n`;
  const lines = [`bayes: ${inArguments(error.message)}.`];
  if (error.details["isUnfinished"] === true) {
    lines.push(`  go on:       ${commandOf(args, "--resume")}`, `  begin anew:  ${commandOf(args, "--overwrite")}`);
  } else if (error.code === "ERR_BAYES_OPTION") {
    lines.push(`  try: ${EXAMPLE}`, "  all options: npx bayes fit --help");
  }
  if (error.code === "ERR_BAYES_DATA" && !args.some((each) => each.startsWith("--data")))
    lines.push("  data are given with: --data data.json");
  return `${lines.join("\n")}\n`;
}

const args = process.argv.slice(2);
try {
  process.exitCode = await main(args);
} catch (error) {
  process.stderr.write(explain(error, args));
  process.exitCode = exitCodeOf(error);
}
