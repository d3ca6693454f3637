/**
 * The machine: stopping and going on, limits, deep recursion, redefined primitives, the write barrier's neighbours, and bad input.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Lisp, LispError, write } from "../src/index.ts";
import { Reader } from "../src/reader/reader.ts";
import { outcome } from "./r7rs/cases.ts";

const FIB = "(define (fib n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2)))))";

function prepared(lisp: Lisp, text: string): Lisp {
  lisp.prepare(new Reader(text, "test").read());
  return lisp;
}

describe("fuel of the host", () => {
  it("reaches the same value in the same number of steps, however the run is cut", () => {
    const lisp = new Lisp();
    lisp.evaluate(FIB);
    const before = lisp.machine.steps;
    lisp.evaluate("(fib 9)");
    const steps = lisp.machine.steps - before;
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), (slice) => {
        const from = lisp.machine.steps;
        prepared(lisp, "(fib 9)");
        let slices = 0;
        while (!lisp.machine.run(slice) && slices <= steps) slices++;
        expect(lisp.machine.steps - from).toBe(steps);
        expect(lisp.machine.value).toBe(34);
      }),
      { numRuns: 50 },
    );
  });

  it("stops an endless loop, and the next program runs", () => {
    const lisp = prepared(new Lisp(), "(let loop () (loop))");
    expect(lisp.machine.run(100_000)).toBe(false);
    expect(lisp.evaluate("(+ 1 2)")).toBe(3);
  });
});

describe("limits", () => {
  it("turns endless recursion into a condition that a handler gets", () => {
    const lisp = new Lisp({ maxDepth: 20_000 });
    const program = "(define (f n) (+ 1 (f n))) (guard (e (#t (condition-kind e))) (f 1))";
    expect(outcome(lisp, program)).toBe("depth");
    expect(outcome(lisp, "(f 1)")).toBe("!depth");
    expect(outcome(lisp, "(+ 1 1)")).toBe("2");
  });

  it("turns too many bytes into a condition", () => {
    let used = 0;
    const lisp = new Lisp({ maxBytes: 1000, usedBytes: () => (used += 100) });
    expect(outcome(lisp, "(guard (e (#t (condition-kind e))) (let loop () (loop)))")).toBe("memory");
  });

  it("turns the text of a list that doubles with each level into a condition, and ends on its cycles", () => {
    const lisp = new Lisp({ maxTextLength: 10_000 });
    lisp.evaluate("(define h '()) (define (grow n) (if (> n 0) (begin (set! h (list h h)) (grow (- n 1)))))");
    lisp.evaluate("(define (text w) (call-with-output-string (lambda (port) (w h port))))");
    expect(outcome(lisp, "(grow 10) (string-length (text write))")).toBe(String(5 * 2 ** 10 - 3));
    for (const writer of ["write", "display", "write-simple"])
      expect(outcome(lisp, `(set! h '()) (grow 60) (guard (e (#t (condition-kind e))) (text ${writer}))`)).toBe(
        "memory",
      );
    expect(outcome(lisp, "(< (string-length (text write-shared)) 1000)")).toBe("#t");
    expect(
      outcome(
        lisp,
        "(set! h (iota 20000)) (set-cdr! (list-tail h 19999) h) (guard (e (#t (condition-kind e))) (text write))",
      ),
    ).toBe("memory");
  });

  it("recurses a million calls deep", () => {
    const lisp = new Lisp();
    lisp.evaluate("(define (deep n) (if (= n 0) 0 (+ 1 (deep (- n 1)))))");
    expect(lisp.evaluate("(deep 1000000)")).toBe(1_000_000);
  });
});

describe("redefined primitives", () => {
  it("changes code that was compiled before, and changes it back", () => {
    const lisp = new Lisp();
    lisp.evaluate("(define (f x y) (if (< x y) (+ x (* y 2)) (vector x y)))");
    expect(outcome(lisp, "(f 1 2)")).toBe("5");
    lisp.evaluate("(define plus +) (set! + (lambda (a b) (list a b)))");
    expect(outcome(lisp, "(f 1 2)")).toBe("(1 4)");
    lisp.evaluate("(define times *) (define (* a b) (call/cc (lambda (k) (k 'product))))");
    expect(outcome(lisp, "(f 1 2)")).toBe("(1 product)");
    lisp.evaluate("(set! + plus)");
    lisp.evaluate("(set! * times)");
    expect(outcome(lisp, "(f 1 2)")).toBe("5");
    expect(outcome(lisp, "(map (lambda (x) (f x 2)) '(1 3))")).toBe("(5 #(3 2))");
  });
});

describe("bad input", () => {
  it.each([
    ["(list 1\n  (car 5))", "test:2:3", "(car 5)"],
    ["(unknown 1)", "test:1:1", "(unknown 1)"],
    ['(define (f x)\n  (error "no" x))\n(f 1)', "test:2:3", '(error "no" x)'],
    ["((lambda (x) x) 1 2)", "test:1:1", "((lambda (x) x) 1 2)"],
    ["(let ((x 1))\n  (let))", "test:2:3", "(let)"],
  ])("says where %j is wrong", (text, position, form) => {
    const error = thrown(() => new Lisp().evaluate(text, "test"));
    expect(error.payload).toMatchObject({ position, form });
  });

  it("reads what is nested very deeply, and refuses to compile it", () => {
    const text = `${"(".repeat(100_000)}${")".repeat(100_000)}`;
    expect(write(new Lisp().evaluate("'()"))).toBe("()");
    expect(write(new Reader(text, "test").read())).toBe(text);
    expect(outcome(new Lisp(), text)).toBe("!memory");
  });

  it("never throws anything but its own errors", () => {
    const lisp = new Lisp();
    const words = [
      "(",
      ")",
      "'",
      "let",
      "x",
      "1",
      "lambda",
      "define",
      "if",
      "...",
      ".",
      "#(",
      '"',
      "`",
      ",@",
      "syntax-rules",
      "=>",
      "cond",
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...words), { maxLength: 12 }), (parts) => {
        const reader = new Reader(parts.join(" "), "test");
        try {
          lisp.prepare(reader.read());
          lisp.machine.run(10_000);
        } catch (error) {
          expect(error).toBeInstanceOf(LispError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("reading back what was written", () => {
  it("gives equal data", () => {
    const { tree } = fc.letrec<{ tree: string }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        fc.integer().map(String),
        fc.double({ noNaN: true }).map((value) => (Number.isInteger(value) ? `${BigInt(value)}.0` : String(value))),
        fc.string().map((text) => JSON.stringify(text.replaceAll(/[^\x20-\x7e]/g, ""))),
        fc.string({ unit: "grapheme-ascii", minLength: 1 }).map((name) => `|${name.replaceAll(/[|\\]/g, "")}|`),
        fc.array(tie("tree"), { maxLength: 4 }).map((items) => `(${items.join(" ")})`),
        fc.array(tie("tree"), { maxLength: 4 }).map((items) => `#(${items.join(" ")})`),
      ),
    }));
    fc.assert(
      fc.property(tree, (text) => {
        const datum = new Reader(text, "test").read();
        const again = new Reader(write(datum), "test").read();
        expect(write(again)).toBe(write(datum));
      }),
    );
  });
});

function thrown(run: () => void): LispError {
  try {
    run();
  } catch (error) {
    if (error instanceof LispError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
