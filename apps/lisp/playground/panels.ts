/**
 * What is beside the program: variables and who holds them, frames, the transcript, and the line about memory.
 */
import type { OutputLine, SessionView, VariableView } from "./protocol.ts";

/** An element with a class and what is in it. */
export function make(tag: string, className: string, ...children: readonly (Node | string)[]): HTMLElement {
  const element = document.createElement(tag);
  element.className = className;
  element.append(...children);
  return element;
}

/** The variables; `whyAlive` is called to ask who holds one. */
export class VariableTable {
  readonly #body: HTMLElement;
  readonly #ask: (variable: VariableView) => void;
  #shown = "";
  #asked: HTMLElement | undefined;

  constructor(body: HTMLElement, ask: (variable: VariableView) => void) {
    this.#body = body;
    this.#ask = ask;
  }

  /** Shows these instead of the former ones. */
  show(variables: readonly VariableView[]): void {
    const shown = JSON.stringify(variables);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#asked = undefined;
    const rows = variables.map((variable) => this.#row(variable));
    const none = make("tr", "", make("td", "none", "None yet: run the program, or stop inside of it."));
    this.#body.replaceChildren(...(rows.length > 0 ? rows : [none]));
  }

  #row(variable: VariableView): HTMLElement {
    const scope = variable.scope === "user" ? [] : [make("small", "", variable.scope)];
    const cells = [make("td", "name", variable.name, ...scope), make("td", "", variable.text), make("td", "ask")];
    const row = make("tr", "", ...cells);
    if (variable.isHeld) {
      const button = make("button", "", "why?");
      button.title = `Who keeps ${variable.name} alive?`;
      button.addEventListener("click", () => {
        this.#asked = row;
        this.#ask(variable);
      });
      cells[2]?.append(button);
    }
    return row;
  }

  /** Shows who holds what was asked for last. */
  answer(paths: readonly (readonly string[])[]): void {
    const { nextElementSibling } = this.#asked ?? {};
    if (nextElementSibling?.className === "answer") nextElementSibling.remove();
    const lines = paths.map((path) => make("p", "", path.join(" → ")));
    const cell = make("td", "why", ...(lines.length > 0 ? lines : ["Nothing but this moment holds it."]));
    cell.setAttribute("colspan", "3");
    this.#asked?.after(make("tr", "answer", cell));
  }
}

/** Shows the innermost frames. */
export function showFrames(list: HTMLElement, frames: readonly string[], depth: number): void {
  const items = frames.map((text) => make("li", "", text));
  if (depth > frames.length) items.push(make("li", "none", `${(depth - frames.length).toLocaleString("en")} more`));
  list.replaceChildren(...(items.length > 0 ? items : [make("li", "none", "None.")]));
}

/** The transcript: lines of later steps, and of other branches, are dim. */
export class Transcript {
  readonly #log: HTMLElement;
  #lines: { readonly line: OutputLine; readonly element: HTMLElement }[] = [];

  constructor(log: HTMLElement) {
    this.#log = log;
  }

  /** Adds lines; the oldest go when there are too many. */
  add(lines: readonly OutputLine[]): void {
    for (const line of lines) {
      // What a program has written may end in the middle of a line.
      const isInside = line.kind !== "output" && !/(?:^|\n)$/.test(this.#log.lastChild?.textContent ?? "");
      const text = line.kind === "output" ? line.text : `${line.kind === "input" ? "lisp> " : ""}${line.text}\n`;
      const element = make("span", line.kind, `${isInside ? "\n" : ""}${text}`);
      this.#log.append(element);
      this.#lines.push({ line, element });
    }
    for (const { element } of this.#lines.splice(0, Math.max(0, this.#lines.length - 1000))) element.remove();
    this.#log.scrollTop = this.#log.scrollHeight;
  }

  /** Removes all lines. */
  clear(): void {
    this.#lines = [];
    this.#log.replaceChildren();
  }

  /** Dims what was not yet written at this step. */
  at({ step, branch }: SessionView): void {
    for (const { line, element } of this.#lines)
      element.classList.toggle("later", line.step > step || (line.branch !== branch && line.step >= step));
  }
}

function bytes(count: number): string {
  if (count < 1000) return `${count} B`;
  return count < 1_000_000 ? `${(count / 1000).toFixed(1)} kB` : `${(count / 1_000_000).toFixed(1)} MB`;
}

function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en")} ${count === 1 ? noun : `${noun}s`}`;
}

/** The line about memory. */
export function memoryLine({ isRunning, memory, storage }: SessionView): string {
  const { objects, kinds, isComplete, history, code, depth } = memory;
  const alive = `${isComplete ? "" : "more than "}${counted(objects, "object")}${kinds === "" ? "" : ` (${kinds})`}`;
  return [
    `alive: ${isRunning ? "counted at the next pause" : alive}`,
    `history ${bytes(history)}`,
    counted(depth, "frame"),
    `code of ${counted(code, "form")}`,
    storage,
  ].join(" · ");
}
