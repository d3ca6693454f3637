/**
 * Small drawings out of text: bars, sparklines, and lines that fit a width.
 */
import { plain } from "../diagnose/report/clean.ts";
import { displayWidth } from "../diagnose/report/wrap.ts";
import type { TrendPoint } from "../monitor/trend.ts";

/** A piece of a line and how it is painted. */
export type Segment = readonly [text: string, paint?: (text: string) => string];

const LEVELS = "▁▂▃▄▅▆▇█";
/** Eighths of a cell. */
const PARTS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/**
 * Paints a line, cut to a width with an ellipsis where it is longer. Control characters are replaced:
 * names come from the watched program.
 */
export function fit(segments: readonly Segment[], columns: number): string {
  let room = columns;
  let line = "";
  for (const [raw, paint = same] of segments) {
    const text = plain(raw);
    const cells = displayWidth(text);
    if (cells <= room) {
      if (text !== "") line += paint(text);
      room -= cells;
      continue;
    }
    return line + paint(cut(text, room));
  }
  return line;
}

function same(text: string): string {
  return text;
}

function cut(text: string, columns: number): string {
  if (columns < 1) return "";
  let kept = "";
  let room = columns - 1;
  for (const character of text) {
    room -= displayWidth(character);
    if (room < 0) break;
    kept += character;
  }
  return `${kept}…`;
}

/** The parts of a bar, to be painted each in its own way. */
export interface Bar {
  readonly filled: string;
  readonly held: string;
  readonly rest: string;
}

/**
 * A bar, filled to a ratio of 0..1 in eighths of a cell, the rest shaded.
 *
 * @param outer - a second ratio, held from the first one on. Default: none.
 */
export function bar(ratio: number, columns: number, outer = 0): Bar {
  const eighths = Math.round(clamp(ratio) * columns * 8);
  const filled = "█".repeat(eighths >> 3) + (PARTS[eighths & 7] ?? "");
  const held = "▒".repeat(Math.max(0, Math.round(clamp(outer) * columns) - filled.length));
  return { filled, held, rest: "░".repeat(columns - filled.length - held.length) };
}

function clamp(ratio: number): number {
  return Math.min(1, Math.max(0, ratio));
}

/**
 * A sparkline of the highest readings in equal stretches of time. Its top is the limit, unless all
 * lies below a quarter of it: then the highest reading, a little higher.
 */
export function sparkline(points: readonly TrendPoint[], columns: number, limitBytes: number | undefined): string {
  const first = points[0];
  const last = points.at(-1);
  if (!first || !last) return " ".repeat(columns);
  const span = Math.max(1, last.timeMs - first.timeMs + 1);
  // Half a second a cell at first, so that a line grows to the right instead of stretching.
  const cells = Math.min(columns, Math.max(1, Math.ceil(span / 500)));
  const highest: number[] = Array.from({ length: cells }, () => Number.NaN);
  for (const { timeMs, bytes } of points) {
    const cell = Math.min(cells - 1, Math.floor(((timeMs - first.timeMs) / span) * cells));
    const known = highest[cell] ?? Number.NaN;
    highest[cell] = Number.isNaN(known) ? bytes : Math.max(known, bytes);
  }
  const peak = points.reduce((max, { bytes }) => Math.max(max, bytes), 1);
  const top = limitBytes !== undefined && peak > limitBytes / 4 ? Math.max(limitBytes, peak) : peak * 1.25;
  let line = "";
  let level = 0;
  for (const bytes of highest) {
    if (!Number.isNaN(bytes)) level = Math.min(LEVELS.length - 1, Math.floor((bytes / top) * LEVELS.length));
    line += LEVELS[level] ?? " ";
  }
  return line.padEnd(columns);
}
