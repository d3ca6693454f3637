/**
 * Finds the command, runs it, and ends the process as it should end: with the child's code or signal,
 * or with ours. A mistake gets at most 6 lines: what, why, a command that works.
 */
import { PlimsollError } from "../base/errors.ts";
import { readVersion } from "../diagnose/report/version.ts";
import { nearest, usage } from "./arguments.ts";
import type { Command, CommandEnd } from "./command.ts";
import { EXIT } from "./exit-codes.ts";
import { BRIEF_HELP, HELP } from "./help.ts";
import { Output } from "./output.ts";

/** Loaded when asked for: each command pays for itself alone. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import("./commands/run.ts")).run,
  watch: async () => (await import("./commands/watch.ts")).watch,
  explain: async () => (await import("./commands/explain.ts")).explain,
  limits: async () => (await import("./commands/limits.ts")).limits,
  heap: async () => (await import("./commands/heap.ts")).heap,
  supervise: async () => (await import("./commands/supervise.ts")).supervise,
};
/** Commands of the design that this version does not have, and what comes nearest. */
const PLANNED: Readonly<Record<string, string>> = {
  pack: "plimsoll explain --json",
};

/**
 * Runs the command line and ends the process.
 *
 * @param argv - the arguments after the script's name.
 */
export async function main(argv: readonly string[]): Promise<void> {
  const output = new Output(process.stderr, process.stdout, process.env);
  // A closed pipe or terminal must not end a watcher before its child.
  for (const stream of [process.stderr, process.stdout]) stream.on("error", () => {});
  let end: CommandEnd;
  try {
    end = await dispatch(argv, output);
  } catch (error) {
    end = { code: explainError(error, output) };
  }
  if (end.signal !== undefined) await raise(end.signal);
  process.exitCode = end.code;
}

async function dispatch(argv: readonly string[], output: Output): Promise<CommandEnd> {
  const [name, ...args] = argv;
  if (name === undefined) {
    output.say(BRIEF_HELP);
    return { code: EXIT.usage };
  }
  const ownArgs = args.slice(0, args.includes("--") ? args.indexOf("--") : args.length);
  if (
    name === "--help" ||
    name === "-h" ||
    name === "help" ||
    (Object.hasOwn(COMMANDS, name) && ownArgs.some(isHelp))
  ) {
    output.data(HELP);
    return { code: EXIT.ok };
  }
  if (name === "--version" || name === "-v") {
    output.data(readVersion());
    return { code: EXIT.ok };
  }
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!load) throw unknown(name);
  const command = await load();
  return command(args, output);
}

function isHelp(arg: string): boolean {
  return arg === "--help" || arg === "-h";
}

function unknown(name: string): PlimsollError {
  if (name.startsWith("-")) return usage(`There is no option ${name} without a command.`, "plimsoll --help");
  const planned = Object.hasOwn(PLANNED, name) ? PLANNED[name] : undefined;
  if (planned) return usage(`"${name}" is not part of this version (${readVersion()}).`, planned);
  const near = nearest(name, Object.keys(COMMANDS));
  const example = near === "limits" || near === "explain" ? `plimsoll ${near}` : "plimsoll run -- node server.js";
  return usage(`There is no command "${name.slice(0, 40)}".${near ? ` Did you mean ${near}?` : ""}`, example);
}

/** Says what went wrong, and returns the exit code for it. */
function explainError(error: unknown, output: Output): number {
  const { paint } = output;
  if (!PlimsollError.is(error)) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const [what = "", ...where] = stack.split("\n").slice(0, 4);
    output.say([`${paint.red("plimsoll:")} failed itself, not your program: ${what}`, ...where].join("\n"));
    return EXIT.failure;
  }
  const lines = error.message.split("\n").slice(0, 4);
  const { example } = error.details;
  output.say(`${paint.red("plimsoll:")} ${lines.join("\n  ")}${example === undefined ? "" : `\n  try: ${example}`}`);
  return exitCodeOf(error);
}

function exitCodeOf({ code, details }: PlimsollError): number {
  if (code === "ERR_PLIMSOLL_START_FAILED") {
    return details["reason"] === "not-executable" ? EXIT.notExecutable : EXIT.notFound;
  }
  return EXIT.usage;
}

/** Ends this process by a signal, as its child was; returns when that signal does not end it. */
async function raise(signal: string): Promise<void> {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  await new Promise((resolve) => setTimeout(resolve, 200));
}
