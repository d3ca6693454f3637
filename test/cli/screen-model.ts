/** A terminal's screen and its scrolled-off lines, as far as the live view uses one (ECMA-48, VT100). */

/** Interprets what is written to it. */
export class ScreenModel {
  readonly columns: number;
  rows: number;
  /** Cursor, from 0. */
  row = 0;
  column = 0;
  /** Last line of the scroll region, from 1; the first is always line 1. */
  margin: number;
  #lines: string[];
  readonly #gone: string[] = [];
  #saved = { row: 0, column: 0 };

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
    this.margin = rows;
    this.#lines = Array.from({ length: rows }, () => "");
  }

  /** As `ReservedLines` calls it. */
  draw(text: string): void {
    this.write(text);
  }

  /** All lines, the scrolled-off ones first, without trailing blanks. */
  text(): string[] {
    return [...this.#gone, ...this.#lines].map((line) => line.trimEnd());
  }

  /** More rows, added below, as terminals without scrollback do. */
  grow(rows: number): void {
    while (this.#lines.length < rows) this.#lines.push("");
    if (this.margin === this.rows) this.margin = rows;
    this.rows = rows;
  }

  write(text: string): void {
    // oxlint-disable-next-line no-control-regex
    for (const [token] of text.matchAll(/\u001b\[[\d;]*[A-Za-z]|\u001b.|[^]/gu)) this.#obey(token);
  }

  #obey(token: string): void {
    // oxlint-disable-next-line no-control-regex
    const [, numbers, final] = /^\u001b\[([\d;]*)([A-Za-z])$/.exec(token) ?? [];
    const [first, second] = (numbers ?? "").split(";").map((number) => (number === "" ? undefined : Number(number)));
    if (final === "r") {
      this.margin = second ?? this.rows;
      this.row = this.column = 0;
    } else if (final === "A") this.row = Math.max(0, this.row - (first ?? 1));
    else if (final === "H") {
      this.row = (first ?? 1) - 1;
      this.column = (second ?? 1) - 1;
    } else if (final === "K") this.#set(this.row, this.#line(this.row).slice(0, this.column));
    else if (final === "J") {
      this.#set(this.row, this.#line(this.row).slice(0, this.column));
      for (let row = this.row + 1; row < this.rows; row++) this.#set(row, "");
    } else if (final === "m") return;
    else if (token === "\u001b7") this.#saved = { row: this.row, column: this.column };
    else if (token === "\u001b8") ({ row: this.row, column: this.column } = this.#saved);
    else if (token === "\u001bD" || token === "\n") this.#down();
    else if (token === "\r") this.column = 0;
    else if (token.startsWith("\u001b")) throw new Error(`unknown sequence ${JSON.stringify(token)}`);
    else this.#put(token);
  }

  #put(character: string): void {
    if (this.column === this.columns) {
      this.column = 0;
      this.#down();
    }
    const line = this.#line(this.row).padEnd(this.column);
    this.#set(this.row, line.slice(0, this.column) + character + line.slice(this.column + 1));
    this.column++;
  }

  #down(): void {
    if (this.row === this.margin - 1) {
      this.#gone.push(this.#line(0));
      this.#lines.splice(0, 1);
      this.#lines.splice(this.margin - 1, 0, "");
    } else if (this.row < this.rows - 1) this.row++;
  }

  #line(row: number): string {
    return this.#lines[row] ?? "";
  }

  #set(row: number, text: string): void {
    this.#lines[row] = text;
  }
}
