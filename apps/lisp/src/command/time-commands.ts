/**
 * The commands of the dialogue that go through time. They stand outside of the program: `(goto 5)` is no step of it.
 */
import { failure, wrongType } from "../data/errors.ts";
import { write } from "../data/printer.ts";
import { listItems, Pair, Sym, Text, type Value } from "../data/values.ts";
import { UNBOUND } from "../expander/binding.ts";
import { stripSyntax } from "../expander/expander.ts";
import type { Lisp } from "../lisp.ts";
import { formatPosition } from "../reader/reader.ts";
import type { TimeMachine } from "../time/time-machine.ts";

/** What to do after a command: show a text, or go on with the program. */
export type CommandResult = { readonly text: string } | "go on";

/** What a command may use. */
export interface CommandPlace {
  /** The system. */
  readonly lisp: Lisp;
  /** Its history. */
  readonly time: TimeMachine;
  /** How many characters a line may have. */
  readonly width: number;
  /** Keeps a saved session under a name. @throws `LispError` of kind `file`. */
  save(name: string, bytes: Uint8Array): void;
}

type Command = (place: CommandPlace, operand: Value) => CommandResult;

const SHOWN_ENTRIES = 40;

const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ["history", ({ time, width }) => ({ text: historyText(time, width) })],
  [
    "goto",
    ({ time, lisp }, operand) => {
      time.goto(operand instanceof Text ? operand.text : toStep(operand));
      return { text: placeText(time, lisp) };
    },
  ],
  [
    "back",
    ({ time, lisp }, operand) => {
      time.back(operand === undefined ? undefined : toStep(operand));
      return { text: placeText(time, lisp) };
    },
  ],
  [
    "branch",
    ({ time, lisp }, operand) => {
      time.branch(toName(operand));
      return { text: placeText(time, lisp) };
    },
  ],
  [
    "break-at",
    ({ time: { breakpoints } }, operand) => {
      if (operand === undefined) breakpoints.clear();
      else breakpoints.add(toStep(operand));
      const steps = [...breakpoints].sort((a, b) => a - b);
      return { text: steps.length === 0 ? "no breakpoints\n" : `stops at ${steps.join(", ")}\n` };
    },
  ],
  ["resume", () => "go on"],
  [
    "save",
    ({ time, save }, operand) => {
      const name = toName(operand);
      const bytes = time.save();
      save(name, bytes);
      return { text: `saved ${bytes.length} bytes to ${name}; go on with: lisp --resume ${name}\n` };
    },
  ],
]);

/** Does what a form says, if it is a command whose name the program has not taken. */
export function runTimeCommand(form: Value, place: CommandPlace): CommandResult | undefined {
  if (!(form instanceof Pair) || !(form.car instanceof Sym)) return undefined;
  const command = COMMANDS.get(form.car.name);
  const cell = place.lisp.scope.environment.cells.get(form.car);
  if (command === undefined || (cell !== undefined && (cell.value !== UNBOUND || cell.syntax !== undefined)))
    return undefined;
  const operands = listItems(form.cdr);
  if (operands === undefined || operands.length > 1)
    throw failure("arity", `(${form.car.name} …) takes one operand at most, and is a command of the dialogue`);
  return command(place, operands[0]);
}

/** Where the machine is, in two lines. */
export function placeText(time: TimeMachine, { machine }: Lisp): string {
  const { step, headStep, branchName } = time;
  const where = `step ${step} of ${headStep} in ${branchName}`;
  if (machine.isDone) {
    const value = machine.value === undefined ? "" : `, ${write(machine.value, 60)}`;
    return `${where}: done${value}\n`;
  }
  let { site } = machine.node ?? machine.frame.node;
  if (site.position === undefined) ({ site } = machine.frame.node);
  if (site.position === undefined) return `${where}: under way, (resume) goes on\n`;
  return `${where}: at ${formatPosition(site.position)}, (resume) goes on\n  ${write(stripSyntax(site.form), 70)}\n`;
}

function historyText(time: TimeMachine, width: number): string {
  const entries = time.history();
  const shown = entries.slice(-SHOWN_ENTRIES);
  const lines = entries.length > shown.length ? [`… ${entries.length - shown.length} before these`] : [];
  const digits = String(time.headStep).length;
  for (const { branch, step, endStep, text } of shown) {
    const isHere = time.step >= step && time.step <= endStep;
    const start = `${isHere ? ">" : " "} ${String(step).padStart(digits)}–${String(endStep).padEnd(digits)} `;
    const line = `${start}${branch === "main" ? "" : `[${branch}] `}${text.replaceAll(/\s+/g, " ")}`;
    lines.push(line.length > width ? `${line.slice(0, width - 1)}…` : line);
  }
  const others = time.branches().filter(({ name }) => name !== time.branchName);
  lines.push(`  at step ${time.step} of ${time.headStep} in ${time.branchName}`);
  for (const { name, forkStep, headStep, parent } of others)
    lines.push(
      `  (goto "${name}"): to ${headStep}${parent === undefined ? "" : `, from step ${forkStep} of ${parent}`}`,
    );
  return `${lines.join("\n")}\n`;
}

function toStep(value: Value): number {
  if (typeof value === "number") return value;
  throw wrongType("a number of steps", value);
}

function toName(value: Value): string {
  if (value instanceof Text) return value.text;
  throw wrongType('a name, such as "name"', value);
}
