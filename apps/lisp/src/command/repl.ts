/**
 * The dialogue: reads forms from lines, evaluates them in slices so that Ctrl-C can stop an endless one, and shows values and errors.
 */
import { createInterface } from "node:readline";
import { LispError } from "../data/errors.ts";
import { write } from "../data/printer.ts";
import { Condition, EOF, MultipleValues, type Value } from "../data/values.ts";
import { Exit } from "../library/system.ts";
import type { Lisp } from "../lisp.ts";
import { Reader } from "../reader/reader.ts";
import type { TimeMachine } from "../time/time-machine.ts";
import { explain } from "./explain.ts";
import { writeSession } from "./session-file.ts";
import { placeText, runTimeCommand } from "./time-commands.ts";

const SLICE_STEPS = 1_000_000;
const PROMPT = "lisp> ";
const MORE = "  ... ";
const GREETING = `(history) shows what was evaluated; (back), (goto step), (branch name) go
to other times, (resume) goes on.
`;

/** Runs the dialogue on stdin and stdout until the input ends or the program exits. Returns the exit code. */
export async function runRepl(lisp: Lisp, time: TimeMachine): Promise<number> {
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY;
  const lines = createInterface({
    input: process.stdin,
    output: isTerminal ? process.stdout : undefined,
    prompt: PROMPT,
  });
  const state = { isStopped: false, isRunning: false };
  let pending = "";
  let count = 0;
  lines.on("SIGINT", () => {
    state.isStopped = true;
    if (state.isRunning) return;
    pending = "";
    process.stdout.write("\n(Ctrl-D or (exit) leaves)\n");
    lines.setPrompt(PROMPT);
    lines.prompt();
  });
  const prompt = (text: string): void => {
    if (!isTerminal) return;
    lines.setPrompt(text);
    lines.prompt();
  };
  if (isTerminal) process.stdout.write(time.step === 0 ? GREETING : placeText(time, lisp));
  prompt(PROMPT);
  for await (const line of lines) {
    pending += `${line}\n`;
    const forms = readForms(pending, `input ${count + 1}`);
    if (forms === "unfinished") {
      prompt(MORE);
      continue;
    }
    pending = "";
    count++;
    if (typeof forms === "string") process.stderr.write(forms);
    else {
      state.isStopped = false;
      state.isRunning = true;
      const code = await evaluateAll(lisp, time, forms, state);
      state.isRunning = false;
      if (code !== undefined) return code;
    }
    prompt(PROMPT);
  }
  if (pending.trim() !== "") process.stderr.write("error: the input ended inside a form\n");
  return 0;
}

/** The forms of the input so far, `unfinished`, or what is wrong with it. */
function readForms(text: string, source: string): readonly Value[] | string {
  const reader = new Reader(text, source);
  const forms: Value[] = [];
  try {
    for (let form = reader.read(); form !== EOF; form = reader.read()) forms.push(form);
    return forms;
  } catch (error) {
    const isUnfinished =
      error instanceof LispError && error.payload instanceof Condition && error.payload.kind === "unfinished";
    return isUnfinished ? "unfinished" : explain(error);
  }
}

/** Evaluates forms one after another; an error ends them. Returns an exit code when the program asked for one. */
async function evaluateAll(
  lisp: Lisp,
  time: TimeMachine,
  forms: readonly Value[],
  state: { readonly isStopped: boolean },
): Promise<number | undefined> {
  try {
    for (const form of forms) {
      const result = runTimeCommand(form, { lisp, time, width: process.stdout.columns ?? 80, save: writeSession });
      if (result !== undefined && result !== "go on") {
        process.stdout.write(result.text);
        continue;
      }
      if (result === undefined) lisp.prepare(form);
      let end = time.run(SLICE_STEPS);
      while (end === "fuel" && !state.isStopped) {
        await new Promise((resolve) => setImmediate(resolve));
        end = time.run(SLICE_STEPS);
      }
      if (end === "done") show(lisp.machine.value);
      else {
        process.stderr.write(end === "break" ? placeText(time, lisp) : `stopped: ${placeText(time, lisp)}`);
        return undefined;
      }
    }
  } catch (error) {
    if (error instanceof LispError && error.payload instanceof Exit) return error.payload.code;
    process.stderr.write(explain(error));
  }
  return undefined;
}

function show(value: Value): void {
  if (value === undefined || (value instanceof MultipleValues && value.items.length === 0)) return;
  process.stdout.write(`${write(value, 10_000)}\n`);
}
