/**
 * The program's text, with the form that comes next marked behind it.
 */
import type { Span } from "./protocol.ts";

/** The text area and what lies behind it. */
export class Editor {
  readonly #text: HTMLTextAreaElement;
  readonly #backdrop: HTMLElement;
  #span: Span | undefined;

  constructor(text: HTMLTextAreaElement, backdrop: HTMLElement) {
    this.#text = text;
    this.#backdrop = backdrop;
    text.addEventListener("scroll", () => this.#follow());
    text.addEventListener("input", () => this.mark(undefined));
  }

  /** The program. */
  get text(): string {
    return this.#text.value;
  }

  set text(text: string) {
    this.#text.value = text;
    this.mark(undefined);
  }

  /** Marks a part of the text; nothing without one. */
  mark(span: Span | undefined): void {
    if (this.#span?.from === span?.from && this.#span?.to === span?.to && span !== undefined) return;
    this.#span = span;
    const { text } = this;
    const { from, to } = span ?? { from: text.length, to: text.length };
    const mark = document.createElement("mark");
    mark.textContent = text.slice(from, to);
    // A last line that is empty has no height without something in it.
    this.#backdrop.replaceChildren(text.slice(0, from), mark, `${text.slice(to)}\n`);
    if (span !== undefined) this.#show(mark);
    this.#follow();
  }

  #show(mark: HTMLElement): void {
    const { scrollTop, clientHeight } = this.#text;
    const [top, bottom] = [mark.offsetTop, mark.offsetTop + mark.offsetHeight];
    if (top < scrollTop || (bottom > scrollTop + clientHeight && top > scrollTop + clientHeight - 40))
      this.#text.scrollTop = top - clientHeight / 3;
  }

  #follow(): void {
    this.#backdrop.scrollTop = this.#text.scrollTop;
  }
}
