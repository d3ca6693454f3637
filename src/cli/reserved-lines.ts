/**
 * Keeps the last lines of a terminal for itself while another program goes on writing above them: a
 * scroll region (DECSTBM), as Debian's apt does for its progress bar. The program's output is never
 * touched or delayed. Everything below the cursor is ours, which is what makes clearing and resizing
 * safe without knowing where the cursor is. One write a frame, so that no output falls into its middle.
 */

/** Escape sequences of ECMA-48 and the VT100, which every terminal of today understands. */
const SAVE = "\x1b7";
const RESTORE = "\x1b8";
const INDEX = "\x1bD";
const WHOLE_SCREEN = "\x1b[r";
const ERASE_BELOW = "\x1b[J";
const ERASE_TO_END = "\x1b[K";
const PLAIN = "\x1b[0m";

/** A terminal as far as it is used here. */
export interface Terminal {
  readonly columns: number;
  readonly rows: number;
  draw(text: string): void;
}

/** The reserved lines. */
export class ReservedLines implements Disposable {
  readonly #terminal: Terminal;
  readonly #height: number;
  #isOpen = false;

  /** @param height - how many lines to keep. */
  constructor(terminal: Terminal, height: number) {
    this.#terminal = terminal;
    this.#height = height;
  }

  /** True while lines are reserved. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Makes room at the bottom: scrolls what is there up, keeps the cursor's column. */
  open(): void {
    this.#isOpen = true;
    this.#terminal.draw(this.#makeRoom() + this.#region());
  }

  /** Draws the lines, each already at most as wide as the terminal. */
  draw(lines: readonly string[]): void {
    if (!this.#isOpen) return;
    const top = this.#terminal.rows - this.#height;
    // The region is set again with each frame: a program that resets the terminal takes it away.
    let frame = `${SAVE}\x1b[1;${top}r`;
    for (let index = 0; index < this.#height; index++) {
      frame += `\x1b[${top + 1 + index};1H${PLAIN}${lines[index] ?? ""}${PLAIN}${ERASE_TO_END}`;
    }
    this.#terminal.draw(frame + RESTORE);
  }

  /** After the terminal's size has changed: wherever our lines are now, they are below the cursor. */
  resize(): void {
    if (this.#isOpen) this.#terminal.draw(this.#release() + this.#makeRoom() + this.#region());
  }

  /** Gives the lines back and leaves the cursor at the start of a fresh line. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    // A full line of blanks wraps exactly when the cursor was not in the first column (zsh's PROMPT_SP).
    this.#terminal.draw(`${this.#release()}${PLAIN}${" ".repeat(this.#terminal.columns)}\r${ERASE_BELOW}`);
  }

  /** Gives the lines back. */
  [Symbol.dispose](): void {
    this.close();
  }

  #release(): string {
    return `${SAVE}${WHOLE_SCREEN}${RESTORE}${ERASE_BELOW}`;
  }

  /** INDEX moves down in the same column and scrolls at the bottom. */
  #makeRoom(): string {
    return `${INDEX.repeat(this.#height)}\x1b[${this.#height}A`;
  }

  #region(): string {
    return `${SAVE}\x1b[1;${this.#terminal.rows - this.#height}r${RESTORE}`;
  }
}
