/**
 * A session of the playground, without a browser: what is shown, time, branches, who holds a value, and a session that is kept.
 */
import { memoryHistory } from "plimsoll/history/browser";
import { describe, expect, it } from "vitest";
import type { OutputLine } from "../../playground/protocol.ts";
import { Session } from "../../playground/session.ts";
import { SessionStore } from "../../playground/session-store.ts";

const PROGRAM = `(define (count n)
  (if (= n 0) 0 (+ 1 (count (- n 1)))))
(define kept (vector 1 2))
(define total (count 50))
(display total)`;

function ran(text: string): { session: Session; lines: OutputLine[] } {
  const lines: OutputLine[] = [];
  const session = new Session({ tell: (more) => void lines.push(...more), save: () => undefined });
  session.begin(text, "editor");
  finish(session);
  return { session, lines };
}

function finish(session: Session): void {
  for (let turns = 0; turns < 10_000; turns++) if (session.advance(1000)) return;
  throw new Error("the session did not end");
}

function textsOf(lines: readonly OutputLine[]): string[] {
  return lines.map(({ kind, text }) => `${kind} ${text}`);
}

describe("a session", () => {
  it("runs a program and answers questions", () => {
    const { session, lines } = ran(PROGRAM);
    session.begin("(+ total 1)", "dialogue");
    finish(session);
    expect(textsOf(lines)).toEqual(["output 50", "input (+ total 1)", "value 51"]);
    const view = session.view(false);
    expect(view.variables.map(({ name, text }) => `${name} ${text}`)).toEqual([
      "count #<procedure count>",
      "kept #(1 2)",
      "total 50",
    ]);
    expect(view).toMatchObject({ isUnfinished: false, branch: "main", step: view.headStep, doing: "" });
    expect(session.whyAlive("kept", "user")).toMatchObject({ paths: [["global kept"]] });
  });

  it("shows each step of the past, with the form marked, and goes on from there to the same end", () => {
    const { session, lines } = ran(PROGRAM);
    const { headStep } = session.view(false);
    session.goTo(60);
    const past = session.view(false);
    expect(past).toMatchObject({ step: 60, headStep, isUnfinished: true });
    expect(past.frames.length).toBeGreaterThan(3);
    expect(past.variables[0]).toMatchObject({ name: "n", scope: "local" });
    expect(past.variables.map(({ name }) => name)).not.toContain("total");
    expect(PROGRAM.slice(past.span?.from, past.span?.to)).toMatch(/^\(.+\)$/s);
    for (let back = 59; back > 50; back--) {
      session.goTo(back);
      expect(session.view(false).step).toBe(back);
    }
    expect(session.advance(1)).toBe(true);
    session.goOn();
    session.advance(1);
    expect(session.view(false).step).toBe(52);
    finish(session);
    expect(session.view(false)).toMatchObject({ step: headStep, branch: "main" });
    expect(textsOf(lines)).toEqual(["output 50"]);
  });

  it("branches when something else is evaluated in the past", () => {
    const { session, lines } = ran(PROGRAM);
    session.goTo(60);
    session.begin("(vector-length kept)", "dialogue");
    finish(session);
    expect(textsOf(lines).at(-1)).toBe("value 2");
    const view = session.view(false);
    expect(view.branches).toHaveLength(2);
    expect(view.branch).not.toBe("main");
    session.goTo("main");
    expect(session.view(false).variables.map(({ name }) => name)).toContain("total");
  });

  it("takes the commands of the dialogue", () => {
    const { session, lines } = ran(PROGRAM);
    const { headStep } = session.view(false);
    session.begin("(goto 60)", "dialogue");
    finish(session);
    session.begin("(back 20)", "dialogue");
    finish(session);
    expect(textsOf(lines).filter((text) => text.startsWith("note"))).toEqual([
      expect.stringMatching(/^note step 60 of \d+ in main/),
      expect.stringMatching(/^note step 40 of/),
    ]);
    session.begin('(goto "main") (back 30) (resume)', "dialogue");
    finish(session);
    expect(session.view(false)).toMatchObject({ step: headStep, branch: "main" });
  });

  it("says what is wrong, and goes on", () => {
    const { session, lines } = ran("(display 1) (car 5) (display 2)");
    expect(textsOf(lines)).toEqual([
      "output 1",
      expect.stringContaining("error error: not a pair: 5\n  at editor:1:13"),
    ]);
    session.begin("(display 3", "editor");
    finish(session);
    session.begin("(display 4)", "editor");
    finish(session);
    expect(textsOf(lines).slice(2)).toEqual([expect.stringMatching(/^error .*closed/), "output 4"]);
  });

  it("stops inside of an endless loop", () => {
    const session = new Session({ tell: () => undefined, save: () => undefined });
    session.begin("(define (spin n) (spin (+ n 1))) (spin 0)", "editor");
    for (let slice = 0; slice < 5; slice++) expect(session.advance(10_000)).toBe(false);
    expect(session.view(false).variables[0]).toMatchObject({ name: "n", scope: "local" });
  });
});

describe("a store of sessions", () => {
  it("gives back the one that was kept last", async () => {
    const driver = memoryHistory();
    const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => index % 251);
    const first = await SessionStore.open(driver);
    expect(await first.last()).toBeUndefined();
    for (let round = 0; round < 25; round++) {
      bytes[50_000] = round;
      await first.keep({ text: `round ${round}`, lines: [], bytes });
    }
    expect(await first.last()).toEqual({ text: "round 24", lines: [], bytes });
  });
});
