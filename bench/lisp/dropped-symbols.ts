/**
 * What is left on the heap of names and of code that nothing uses any more.
 */
import { median } from "../../src/monitor/trend.ts";
import type { BenchRow } from "../support/results.ts";
import { runMemoryCase } from "./memory-case.ts";

const MILLION_SYMBOLS = `(let loop ((n 0))
  (if (< n 1000000)
      (begin (string->symbol (string-append "name-" (number->string n)))
             (loop (+ n 1)))))`;
const ONE_FORM = "(car (list FORM (lambda (x) (+ x FORM))))";

/** The rows, each from so many processes. */
export function measureDropped(rounds: number): BenchRow[] {
  const registered = megabytes(runMemoryCase("registered").bytes);
  return [
    row("a million dropped symbols: heap that they leave", rounds, "dropped-symbols", MILLION_SYMBOLS, {
      "Symbol.for": registered,
    }),
    row("100,000 forms evaluated once: heap that they leave", rounds, "dropped-forms", ONE_FORM, {}),
  ];
}

function row(name: string, rounds: number, kind: string, expression: string, peers: BenchRow["peers"]): BenchRow {
  const results = Array.from({ length: rounds }, () => runMemoryCase(kind, "", expression));
  const runs = results.map(({ bytes }) => megabytes(bytes));
  const peak = megabytes(Math.max(...results.map(({ peakBytes = 0 }) => peakBytes)));
  return {
    name,
    value: median([...runs]),
    unit: "MB",
    goal: "<= 10",
    runs,
    peers: { ...peers, "highest on the way": peak },
  };
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 10_000) / 100;
}
