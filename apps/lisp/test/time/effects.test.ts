/**
 * Effects, branches, breakpoints, and what is refused: the program asks the outside once, whatever steps are taken again.
 */
import { describe, expect, it } from "vitest";
import { LispError, write } from "../../src/index.ts";
import { withHistory } from "./history.ts";

describe("effects", () => {
  it("are asked for once, and answered from the record afterwards", () => {
    let asked = 0;
    const written: string[] = [];
    const files = new Map<string, Uint8Array>([["data.txt", new TextEncoder().encode("first\nsecond\n")]]);
    const { lisp, time } = withHistory({
      keyframeSteps: 20,
      console: {
        write: (text) => void written.push(text),
        read: () => (asked++ === 0 ? "line one\nline two\n" : undefined),
      },
      environment: { HOME: "/home/ada" },
      procedures: {
        llm: (prompt) => {
          asked++;
          if (prompt === "fail") throw new Error("no model");
          return [`answer ${asked} to ${String(prompt)}`, asked];
        },
      },
      files: {
        read: (name) => {
          asked++;
          const bytes = files.get(name);
          if (bytes === undefined) throw new Error(`no file ${name}`);
          return bytes;
        },
        write: (name, bytes) => void files.set(name, bytes),
        exists: (name) => files.has(name),
        remove: (name) => void files.delete(name),
      },
    });
    lisp.evaluate(`
      (define seen '())
      (define (see x) (set! seen (cons x seen)) (display x))`);
    const begin = time.step;
    lisp.evaluate(`
      (begin
        (see (read-line)) (see (random 1000000)) (see (random)) (see (time)) (see (current-jiffy))
        (see (llm "hello" 'you '(1 "two"))) (see (guard (e (#t (error-object-message e))) (llm "fail")))
        (see (call-with-input-file "data.txt" read-line))
        (see (guard (e ((file-error? e) 'none)) (open-input-file "none")))
        (call-with-output-file "out.txt" (lambda (port) (write seen port)))
        (see (file-exists? "out.txt")) (delete-file "out.txt")
        (see (get-environment-variable "HOME")) (see (get-environment-variable "none"))
        (see (read-line)) (see (eof-object? (read-line))))`);
    const [end, seen, asks, output] = [time.step, write(lisp.evaluate("seen")), asked, written.join("")];
    for (let step = begin; step <= end; step += 13) {
      time.goto(step);
      time.goto(end);
      time.branch(`at ${step}`);
      expect(write(lisp.evaluate("seen"))).toBe(seen);
      time.goto("main");
    }
    expect([asked, written.join(""), files.has("out.txt")]).toEqual([asks, output, false]);
    expect(seen).toContain('"answer');
  });

  it("give other answers in a branch, and the old future stays", () => {
    let answer = 0;
    const { lisp, time } = withHistory({ procedures: { ask: () => ++answer } });
    lisp.evaluate("(define x (ask))");
    lisp.evaluate("(define y (list x (ask)))");
    time.back();
    lisp.evaluate("(define y (list x (ask)))");
    expect(write(lisp.evaluate("y"))).toBe("(1 3)");
    expect(time.branches().map(({ name, parent }) => [name, parent])).toEqual([
      ["main", undefined],
      ["branch 2", "main"],
    ]);
    expect(time.history().map(({ branch, text }) => `${branch} ${text}`)).toEqual([
      "main (define x (ask))",
      "branch 2 (define y (list x (ask)))",
      "branch 2 y",
    ]);
    time.goto("main");
    expect(write(lisp.evaluate("y"))).toBe("(1 2)");
  });

  it("leave a branch where it was left, also before the place where that began", () => {
    const { lisp, time } = withHistory();
    lisp.evaluate("(define a 1)");
    const first = time.step;
    lisp.evaluate("(define b 2)");
    time.back();
    lisp.evaluate("(define c 3)");
    time.goto(first);
    time.back();
    lisp.evaluate("(define d 4)");
    expect(time.history().map(({ text }) => text)).toEqual(["(define d 4)"]);
    expect(() => lisp.evaluate("(list a d)")).toThrow(/a is not defined/);
    time.goto("branch 2");
    expect(time.history().map(({ text }) => text)).toEqual(["(define a 1)", "(define c 3)"]);
    expect(write(lisp.evaluate("(list a c)"))).toBe("(1 3)");
  });

  it("of a form that defines a macro, or evaluates another, are taken back", () => {
    const { lisp, time } = withHistory({ keyframeSteps: 3 });
    lisp.evaluate("(define (twice x) 'procedure)");
    const before = time.step;
    lisp.evaluate("(define-syntax twice (syntax-rules () ((_ x) (list x x))))");
    lisp.evaluate(
      "(define (f) (eval '(begin (define-syntax one (syntax-rules () ((_) 1))) (twice 3)) (interaction-environment)))",
    );
    lisp.evaluate("(define result (f))");
    const after = time.step;
    time.goto(before);
    expect(write(lisp.evaluate("(twice 4)"))).toBe("procedure");
    expect(() => lisp.evaluate("(one)")).toThrow(/one is not defined/);
    time.goto("main");
    for (const step of [after - 1, after - 4, after - 9]) {
      time.goto(step);
      time.goto(after);
    }
    expect(write(lisp.evaluate("(list result (one) (twice 4))"))).toBe("((3 3) 1 (4 4))");
  });
});

describe("breakpoints", () => {
  it("stop a run, which then goes on", () => {
    const { lisp, time } = withHistory();
    lisp.evaluate("(define (loop n) (if (= n 0) 'done (loop (- n 1))))");
    time.breakpoints.add(time.step + 100);
    const stop = time.step + 100;
    expect(lisp.evaluate("(loop 1000)")).toBeUndefined();
    expect([time.step, lisp.machine.isDone]).toEqual([stop, false]);
    expect(time.run()).toBe("done");
    expect(write(lisp.machine.value)).toBe("done");
    time.goto(stop - 50);
    expect(time.run()).toBe("break");
    expect(time.step).toBe(stop);
    expect(time.run()).toBe("done");
  });
});

describe("what goes wrong", () => {
  it("leaves the history intact", () => {
    const { lisp, time } = withHistory({ maxDepth: 2000 });
    lisp.evaluate("(define x 1)");
    const bad = [
      "(car x)",
      "(unknown x)",
      "((lambda (y) y))",
      "(define (f n) (+ 1 (f n))) (f 1)",
      "(call-with-fuel 1000 (lambda () (let loop () (loop))))",
      "(let)",
      "(string-append x)",
      "(make-vector 1000000000000)",
      "(raise 'stop)",
    ];
    for (const text of bad) expect(() => lisp.evaluate(text)).toThrow(LispError);
    const head = time.step;
    for (let step = 0; step <= head; step += 1 + (step % 7)) time.goto(step);
    time.goto("main");
    expect(lisp.evaluate("(+ x 1)")).toBe(2);
    for (const wrong of [-1, 0.5, head + 1000]) expect(() => time.goto(wrong)).toThrow(/this branch has the steps/);
    expect(() => time.goto("nowhere")).toThrow(/no branch/);
    expect(() => time.branch("main")).toThrow(/a branch of this name/);
    expect(lisp.evaluate("(+ x 1)")).toBe(2);
  });

  it("says where the machine was when it is gone to", () => {
    const { lisp, time } = withHistory();
    expect(() => lisp.evaluate("(list 1\n  (car 5))", "test")).toThrow(/not a pair/);
    const end = time.step;
    time.goto(end - 1);
    const error = thrown(() => time.run());
    expect(error.payload).toMatchObject({ position: "test:2:3", form: "(car 5)" });
  });
});

function thrown(act: () => unknown): LispError {
  try {
    act();
  } catch (error) {
    if (error instanceof LispError) return error;
  }
  throw new Error("nothing was thrown");
}
