/**
 * Runs tables of programs: each case is a text and what `write` shows of its last value, in a system of its own table.
 */
import { describe, expect, it } from "vitest";
import { Lisp, LispError, write } from "../../src/index.ts";

/** A program and its value, or `!kind` for an error of that kind. */
export type Case = readonly [program: string, value: string];

/** What a program gives, as a case states it. */
export function outcome(lisp: Lisp, program: string): string {
  try {
    return write(lisp.evaluate(program));
  } catch (error) {
    if (!(error instanceof LispError)) throw error;
    const { payload } = error;
    const kind = typeof payload === "object" && payload !== null && "kind" in payload ? payload.kind : write(payload);
    return `!${String(kind)}`;
  }
}

/** One test for each case of a section. */
export function section(name: string, cases: readonly Case[]): void {
  describe.each([name])("%s", () => {
    const lisp = new Lisp();
    it.each(cases)("%s", (program, value) => expect(outcome(lisp, program)).toBe(value));
  });
}
