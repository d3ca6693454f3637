/**
 * Lines for a terminal: a label, its text wrapped beside it, and beneath it where the terminal is
 * too narrow for both.
 */
import pc from "picocolors";
import { plain } from "./clean.ts";
import { pad, wrap } from "./wrap.ts";

const LABEL_COLUMNS = 10;
/** Narrower terminals get the label on a line of its own. */
const NARROW_COLUMNS = 48;

/** Draws lines of a report: a label and its text, wrapped. */
export interface TerminalSheet {
  readonly lines: string[];
  readonly colors: ReturnType<typeof pc.createColors>;
  readonly columns: number;
  /** Adds `label  text`, wrapped; nothing for an empty text. */
  field(label: string, text: string | undefined, paint?: (text: string) => string): void;
  /** Adds lines as they are. */
  raw(...lines: string[]): void;
}

/**
 * @param color - whether to colour.
 * @param columns - width of the terminal.
 */
export function createSheet(color: boolean, columns: number): TerminalSheet {
  const colors = pc.createColors(color);
  const width = Math.max(24, columns - 1);
  const lines: string[] = [];
  return {
    lines,
    colors,
    columns: width,
    raw: (...added) => void lines.push(...added),
    field(label, text, paint = (same) => same) {
      if (!text) return;
      const isNarrow = width < NARROW_COLUMNS;
      const indent = isNarrow ? 5 : 3 + LABEL_COLUMNS;
      const wrapped = wrap(plain(text), width - indent).map(paint);
      if (isNarrow) {
        if (label !== "") lines.push(`   ${colors.dim(label)}`);
        lines.push(...wrapped.map((line) => " ".repeat(indent) + line));
        return;
      }
      wrapped.forEach((line, index) => {
        lines.push(`   ${index === 0 ? colors.dim(pad(label, LABEL_COLUMNS)) : pad("", LABEL_COLUMNS)}${line}`);
      });
    },
  };
}
