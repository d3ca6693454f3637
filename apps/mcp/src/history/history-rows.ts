/** Rows of the questions that every database is asked, which name their columns alike. Whole numbers of PostgreSQL come as text. */
import type { HistoryPoint, HistoryProgram } from "./sample-history.ts";

/** One row, by column. */
export type HistoryRow = Readonly<Record<string, unknown>>;

/** A row with `time_ms`, `samples`, `rss`, `peak` and `heap_used`. */
export function pointOf(row: HistoryRow): HistoryPoint {
  return {
    timeMs: Number(row["time_ms"]),
    samples: Number(row["samples"]),
    rssBytes: Number(row["rss"]),
    peakRssBytes: Number(row["peak"]),
    ...(row["heap_used"] === null ? {} : { heapUsedBytes: Number(row["heap_used"]) }),
  };
}

/** A row with `program`, `samples`, `first_ms` and `last_ms`. */
export function programOf(row: HistoryRow): HistoryProgram {
  return {
    program: typeof row["program"] === "string" ? row["program"] : "",
    samples: Number(row["samples"]),
    firstMs: Number(row["first_ms"]),
    lastMs: Number(row["last_ms"]),
  };
}
