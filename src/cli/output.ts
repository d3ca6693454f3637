/**
 * Where words go. Everything Plimsoll says goes to stderr, since stdout belongs to the watched program;
 * only data that was asked for (`--json`, `--write`, `--help`, `--version`) goes to stdout. Colour follows
 * NO_COLOR (no-color.org), FORCE_COLOR and the terminal, in this order.
 */
import picocolors from "picocolors";

/** Colours text, or leaves it alone. */
export type Paint = ReturnType<typeof picocolors.createColors>;

/** A stream as far as it is used here. */
export interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

/** The part of the environment that decides how things look. */
export interface OutputEnvironment {
  readonly NO_COLOR?: string | undefined;
  readonly FORCE_COLOR?: string | undefined;
  readonly TERM?: string | undefined;
}

/** The only place that prints. */
export class Output {
  readonly #stderr: OutputStream;
  readonly #stdout: OutputStream;
  readonly #environment: OutputEnvironment;
  readonly color: boolean;
  readonly paint: Paint;

  constructor(stderr: OutputStream, stdout: OutputStream, environment: OutputEnvironment) {
    this.#stderr = stderr;
    this.#stdout = stdout;
    this.#environment = environment;
    this.color = wantsColor(environment, stderr.isTTY === true);
    this.paint = picocolors.createColors(this.color);
  }

  /** True when stderr is a terminal that can move its cursor. */
  get isTerminal(): boolean {
    return this.#stderr.isTTY === true && this.#environment.TERM !== "dumb";
  }

  /** Width of the terminal. Default: 100 without one. */
  get columns(): number {
    return this.#stderr.columns || 100;
  }

  /** Height of the terminal; 0 without one. */
  get rows(): number {
    return this.#stderr.rows ?? 0;
  }

  /** Says one or more lines on stderr. */
  say(text: string): void {
    this.#stderr.write(text.endsWith("\n") ? text : `${text}\n`);
  }

  /** Sends text to stderr as it is: escape sequences of the live view. */
  draw(text: string): void {
    this.#stderr.write(text);
  }

  /** Hands out data that was asked for, on stdout. */
  data(text: string): void {
    this.#stdout.write(text.endsWith("\n") ? text : `${text}\n`);
  }
}

function wantsColor({ NO_COLOR, FORCE_COLOR, TERM }: OutputEnvironment, isTTY: boolean): boolean {
  if (NO_COLOR) return false;
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== "0" && FORCE_COLOR !== "false";
  return isTTY && TERM !== "dumb";
}
