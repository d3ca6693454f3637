/**
 * The executable, which `bin/lisp.js` loads: runs a file, or opens the dialogue.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fileHistory, type HistoryStorage } from "plimsoll/history";
import { LispError } from "../data/errors.ts";
import { Exit } from "../library/system.ts";
import { Lisp } from "../lisp.ts";
import { nodeLimits, nodeMemory } from "../memory/node-host.ts";
import { explain } from "./explain.ts";
import { nodeFiles, readStdin, standardConsole } from "./host.ts";
import { runRepl } from "./repl.ts";
import { resumeSession, writeSession } from "./session-file.ts";

const HELP = `lisp [options] [FILE]   runs a program of R7RS-small Scheme, or opens a dialogue
  --history        keeps a history of FILE's run too, and opens the dialogue after it
  --save SESSION   keeps a history, and saves the session at the end
  --resume SESSION takes over a saved session first
  --help           shows this
`;

function main(args: readonly string[]): number | Promise<number> {
  let options: Options;
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    if (positionals.length > 1) throw new Error(`more than one file: ${positionals.join(" ")}`);
    options = { ...values, file: positionals[0] };
  } catch (error) {
    process.stderr.write(`lisp: ${error instanceof Error ? error.message : String(error)}\n${HELP}`);
    return 64;
  }
  if (options.help === true) {
    process.stdout.write(HELP);
    return 0;
  }
  const { file, history, save, resume } = options;
  const isDialogue = file === undefined || history === true;
  if (!isDialogue && save === undefined && resume === undefined) return runFile(makeLisp(false, readStdin()), file);
  return withStorage(async (storage) => {
    // The dialogue itself reads stdin.
    const lisp = makeLisp(storage, isDialogue ? () => undefined : readStdin());
    const { time } = lisp;
    if (time === undefined) return 70;
    try {
      if (resume !== undefined) resumeSession(time, resume);
      let code = file === undefined ? 0 : runFile(lisp, file);
      if (code === NO_INPUT) return code;
      if (isDialogue) code = await runRepl(lisp, time);
      if (save !== undefined) writeSession(save, time.save());
      return code;
    } catch (error) {
      process.stderr.write(explain(error));
      return 1;
    }
  });
}

/** The exit code when there is no such file, as in sysexits.h. */
const NO_INPUT = 66;

interface Options {
  readonly file: string | undefined;
  readonly help?: boolean;
  readonly history?: boolean;
  readonly save?: string;
  readonly resume?: string;
}

const OPTIONS = {
  help: { type: "boolean", short: "h" },
  history: { type: "boolean" },
  save: { type: "string" },
  resume: { type: "string" },
} as const;

function makeLisp(history: HistoryStorage | boolean, input: () => string | undefined): Lisp {
  const console = standardConsole(input);
  return new Lisp({
    console,
    files: nodeFiles,
    memory: nodeMemory,
    environment: process.env,
    history,
    ...nodeLimits(),
  });
}

/** Runs a file. Returns the exit code. */
function runFile(lisp: Lisp, file: string): number {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    process.stderr.write(`lisp: ${error instanceof Error ? error.message : String(error)}\n  try: lisp program.scm\n`);
    return NO_INPUT;
  }
  try {
    lisp.evaluate(text, file);
    return 0;
  } catch (error) {
    if (error instanceof LispError && error.payload instanceof Exit) return error.payload.code;
    process.stderr.write(explain(error));
    return 1;
  }
}

/** Gives `use` a place on disk for a history that ends with the process; memory where there is no such place. */
async function withStorage(use: (storage: HistoryStorage | true) => Promise<number>): Promise<number> {
  let storage: HistoryStorage;
  try {
    const folder = mkdtempSync(join(tmpdir(), "lisp-history-"));
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
    storage = await fileHistory(folder).open("write");
  } catch {
    return use(true);
  }
  return use(storage);
}

process.exitCode = await main(process.argv.slice(2));
