/**
 * The executable, which `bin/lisp.js` loads: runs a file, or opens the dialogue.
 */
import { readFileSync } from "node:fs";
import { LispError } from "../data/errors.ts";
import { Exit } from "../library/system.ts";
import { Lisp } from "../lisp.ts";
import { nodeMemory } from "../memory/node-host.ts";
import { explain } from "./explain.ts";
import { nodeFiles, readStdin, standardConsole } from "./host.ts";
import { runRepl } from "./repl.ts";

const HELP = `lisp [FILE]   runs a program of R7RS-small Scheme, or opens a dialogue
  --help      shows this
`;

function runFile(file: string): number {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    process.stderr.write(`lisp: ${error instanceof Error ? error.message : String(error)}\n  try: lisp program.scm\n`);
    return 66;
  }
  const lisp = new Lisp({ console: standardConsole(readStdin()), files: nodeFiles, memory: nodeMemory });
  try {
    lisp.evaluate(text, file);
    return 0;
  } catch (error) {
    if (error instanceof LispError && error.payload instanceof Exit) return error.payload.code;
    process.stderr.write(explain(error));
    return 1;
  }
}

function main(args: readonly string[]): number | Promise<number> {
  const [file] = args;
  if (args.includes("--help") || args.includes("-h")) {
    process.stdout.write(HELP);
    return 0;
  }
  if (args.length > 1 || file?.startsWith("-")) {
    process.stderr.write(`lisp: wrong usage: ${args.join(" ")}\n${HELP}`);
    return 64;
  }
  if (file !== undefined) return runFile(file);
  // The dialogue itself reads stdin.
  return runRepl(new Lisp({ console: standardConsole(() => undefined), files: nodeFiles, memory: nodeMemory }));
}

process.exitCode = await main(process.argv.slice(2));
