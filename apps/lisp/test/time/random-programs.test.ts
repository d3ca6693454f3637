/**
 * Programs at random, with loops, closures, assignments, mutation, continuations, exceptions, dynamic winds and effects: from any step, what
 * follows is what followed, and the state at every step is the one that was there first.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Lisp, LispError, write } from "../../src/index.ts";
import { Reader } from "../../src/reader/reader.ts";
import { withHistory } from "./history.ts";

const SETUP = `
(define v (make-vector 4 0))
(define p (list 1 2 3))
(define g 0)
(define k #f)
(define trace '())
(define box-of (let ((held 0)) (lambda (x) (set! held (list x held)) held)))
(define-record-type cell (make-cell a b) cell? (a cell-a set-cell-a!) (b cell-b))
(define c (make-cell 1 p))
(define text (make-string 2 #\\a))
(define param (make-parameter 5))
(define stream (delay (begin (set! g (+ g 1)) g)))
(define count 0)
`;

const RUNS = Number(process.env["LISP_RUNS"] ?? 24);

const MOST_STEPS = 20_000;

const STATE = "(list v p g trace (cell-a c) (eq? (cell-b c) p) text count (param) (force stream))";

const expression = fc.letrec<{ expr: string }>((tie) => ({
  expr: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom("1", "g", "'(a b)", "(car p)", "(vector-ref v 1)", "(chance)", "(string-length text)", "(param)"),
    fc.tuple(tie("expr"), tie("expr")).map(([a, b]) => `(begin ${a} ${b})`),
    tie("expr").map((a) => `(set! g ${a})`),
    tie("expr").map((a) => `(vector-set! v (modulo count 4) ${a})`),
    tie("expr").map((a) => `(begin (set-car! p ${a}) (set! count (+ count 1)))`),
    tie("expr").map((a) => `(set-cell-a! c ${a})`),
    tie("expr").map((a) => `(box-of ${a})`),
    tie("expr").map((a) => `(let ((x ${a})) (set! trace (cons x trace)) (set! x (list x x)) x)`),
    fc
      .tuple(fc.integer({ min: 1, max: 6 }), tie("expr"))
      .map(([n, a]) => `(let loop ((i ${n})) (if (> i 0) (begin ${a} (loop (- i 1))) i))`),
    fc
      .tuple(fc.integer({ min: 1, max: 6 }), tie("expr"))
      .map(([n, a]) => `(let down ((i ${n})) (if (= i 0) ${a} (list i (down (- i 1)))))`),
    tie("expr").map(
      (a) => `(call/cc (lambda (exit) (set! trace (cons (if (procedure? k) 'k 'none) trace)) (set! k exit) ${a}))`,
    ),
    tie("expr").map((a) => `(if (and (procedure? k) (< count 5)) (begin (set! count (+ count 1)) (k ${a})) 'no-k)`),
    tie("expr").map((a) => `(guard (e (#t (set! trace (cons 'caught trace)) 'caught)) (raise ${a}))`),
    tie("expr").map((a) => `(guard (e (#t (condition-kind e))) (vector-ref v (begin ${a} 99)))`),
    fc
      .tuple(tie("expr"), tie("expr"))
      .map(([a, b]) => `(dynamic-wind (lambda () (set! g (list g))) (lambda () ${a}) (lambda () ${b}))`),
    tie("expr").map((a) => `(parameterize ((param ${a})) (list (param)))`),
    tie("expr").map((a) => `(map (lambda (x) (list x ${a})) '(1 2))`),
    tie("expr").map((a) => `(with-exception-handler (lambda (e) ${a}) (lambda () (raise-continuable 'again)))`),
    tie("expr").map((a) => `(eval '(begin (define fresh ${a}) fresh) (interaction-environment))`),
    tie("expr").map((a) => `(call-with-output-string (lambda (port) (write ${a} port) (string-set! text 0 #\\z)))`),
    tie("expr").map((a) => `(guard (e (#t 'out-of-fuel)) (call-with-fuel 40 (lambda () (let loop () ${a} (loop)))))`),
  ),
}));

function evaluated(lisp: Lisp, text: string): string {
  try {
    return write(lisp.evaluate(text), 5000);
  } catch (error) {
    return `!${error instanceof Error ? error.message : String(error)}`;
  }
}

/** A procedure of the host that never gives the same answer twice; and texts end where lists that double would make them endless. */
function chances(): { readonly procedures: { readonly chance: () => number }; readonly maxTextLength: number } {
  let next = 0;
  return { procedures: { chance: () => ++next }, maxTextLength: 20_000 };
}

/** True for programs that end: a continuation called in its own operand, for one, goes round for ever. */
function ends(forms: readonly string[]): boolean {
  const lisp = new Lisp(chances());
  lisp.evaluate(SETUP);
  return forms.every((form) => {
    lisp.prepare(new Reader(form, "test").read());
    try {
      return lisp.run(MOST_STEPS);
    } catch (error) {
      expect(error).toBeInstanceOf(LispError);
      return true;
    }
  });
}

/** The state at a step, of a system without a history that ran straight to it. `begin` is the step after the setup. */
function truth(forms: readonly string[], begin: number, step: number): string {
  const lisp = new Lisp(chances());
  lisp.evaluate(SETUP);
  const end = lisp.machine.steps + step - begin;
  for (const form of forms) {
    if (lisp.machine.steps >= end) break;
    lisp.prepare(new Reader(form, "test").read());
    try {
      lisp.run(end - lisp.machine.steps);
    } catch (error) {
      expect(error).toBeInstanceOf(LispError);
    }
  }
  expect(lisp.machine.steps).toBe(end);
  return evaluated(lisp, STATE);
}

describe("a program at random", () => {
  it("is at every step what it was there first, and has the same end from it", () => {
    fc.assert(
      fc.property(
        fc.array(expression.expr, { minLength: 1, maxLength: 3 }),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 4 }),
        fc.integer({ min: 1, max: 60 }),
        (forms, places, keyframeSteps) => {
          fc.pre(ends(forms));
          const { lisp, time } = withHistory({ keyframeSteps, ...chances() });
          lisp.evaluate(SETUP);
          const begin = time.step;
          for (const form of forms) evaluated(lisp, form);
          const end = time.step;
          const value = write(lisp.machine.value, 5000);
          for (const [index, place] of places.entries()) {
            const step = begin + Math.floor(place * (end - begin));
            time.goto("main");
            time.goto(step);
            time.branch(`look ${index}`);
            expect(evaluated(lisp, STATE)).toBe(truth(forms, begin, step));
            time.goto("main");
            time.goto(step);
            while (time.step < end) {
              try {
                if (time.run(37) === "done" && time.step < end) time.goto(time.step + 1);
              } catch (error) {
                expect(error).toBeInstanceOf(LispError);
              }
            }
            expect(write(lisp.machine.value, 5000)).toBe(value);
          }
          time.goto("main");
          expect(evaluated(lisp, STATE)).toBe(truth(forms, begin, end));
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("is what it was after it was saved in the middle and resumed elsewhere", () => {
    fc.assert(
      fc.property(
        expression.expr,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 60 }),
        (form, place, keyframeSteps) => {
          fc.pre(ends([form]));
          const { lisp, time } = withHistory({ keyframeSteps, ...chances() });
          lisp.evaluate(SETUP);
          const begin = time.step;
          evaluated(lisp, form);
          const [end, middle] = [time.step, begin + Math.floor(place * (time.step - begin))];
          time.goto(middle);
          const { lisp: other, time: there } = withHistory(chances());
          there.resume(time.save());
          expect(there.step).toBe(middle);
          there.goto(end);
          time.goto(end);
          expect(write(other.machine.value, 5000)).toBe(write(lisp.machine.value, 5000));
          expect(evaluated(other, STATE)).toBe(truth([form], begin, end));
        },
      ),
      { numRuns: RUNS / 2 },
    );
  });
});
