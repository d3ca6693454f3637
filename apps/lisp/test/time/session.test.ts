/**
 * Sessions and continuations that outlive their system: saved in one, gone on with in another.
 */
import { describe, expect, it } from "vitest";
import { Lisp, LispError, write } from "../../src/index.ts";
import { withHistory } from "./history.ts";

const PROGRAM = `
(define-syntax swap! (syntax-rules () ((_ a b) (let ((tmp a)) (set! a b) (set! b tmp)))))
(define-record-type point (make-point x y) point? (x point-x set-point-x!) (y point-y))
(define-library (counter) (export tick) (import (scheme base))
  (begin (define n 0) (define (tick) (set! n (+ n 1)) n)))
(import (counter))
(define p (make-point 1 2))
(define shared (list 1 2 3))
(define both (vector shared shared))
(define ring (let ((items (list 'a 'b))) (set-cdr! (cdr items) items) items))
(define adder (let ((sum 0)) (lambda (n) (set! sum (+ sum n)) sum)))
(define text (make-string 3 #\\x))
(define saved #f)
(define log '())
(define (note x) (set! log (cons x log)))
`;

describe("a saved session", () => {
  it("goes on in another system: code, macros, records, libraries, identity", () => {
    const { lisp, time } = withHistory();
    lisp.evaluate(PROGRAM);
    lisp.evaluate("(tick) (adder 5) (set-point-x! p 10) (string-set! text 1 #\\y)");
    const bytes = time.save();
    const other = withHistory();
    other.time.resume(bytes);
    expect(other.time.history()).toEqual(time.history());
    for (const { lisp: each } of [{ lisp }, other]) {
      const value = each.evaluate(`
        (define a 1) (define b 2) (swap! a b)
        (list a b (tick) (adder 1) (point-x p) (point? p) text (eq? (vector-ref both 0) shared)
              (eq? (cddr ring) ring) (eq? (vector-ref both 1) shared) (map car (list ring)))`);
      expect(write(value)).toBe('(2 1 2 6 10 #t "xyx" #t #t #t (a))');
    }
  });

  it("keeps its past and its branches", () => {
    const { lisp, time } = withHistory();
    lisp.evaluate("(define x 1) (set! x 2)");
    time.back();
    lisp.evaluate("(set! x 30)");
    const { lisp: other, time: there } = withHistory();
    there.resume(time.save());
    expect(there.branches()).toEqual(time.branches());
    expect(other.evaluate("x")).toBe(30);
    there.goto("main");
    expect(other.evaluate("x")).toBe(2);
  });

  it("goes back over a namespace that was cleared, its macros included", () => {
    const { lisp, time } = withHistory();
    lisp.evaluate("(in-namespace 'work (define-syntax twice (syntax-rules () ((_ x) (+ x x)))) (define one 1))");
    const before = time.step;
    lisp.evaluate("(clear-namespace 'work)");
    time.goto(before);
    expect(lisp.evaluate("(in-namespace 'work (twice one))")).toBe(2);
  });

  it("is refused when a byte has changed, and when it is something else", () => {
    const { lisp, time } = withHistory();
    lisp.evaluate("(define x 1)");
    const bytes = time.save();
    for (let at = 0; at < bytes.length; at += 7) {
      const damaged = bytes.slice();
      damaged[at] = (damaged[at] ?? 0) ^ 64;
      expect(() => withHistory().time.resume(damaged)).toThrow(LispError);
    }
    expect(() => withHistory().time.resume(new Uint8Array([1, 2, 3]))).toThrow(/no saved session/);
    expect(() => withHistory().time.resume(bytes.slice(0, -1))).toThrow(/damaged/);
  });
});

describe("a saved continuation", () => {
  it("is entered in a system that never saw its program", () => {
    const files = new Map<string, Uint8Array>();
    const options = {
      files: {
        read: (name: string) => files.get(name) ?? new Uint8Array(),
        write: (name: string, bytes: Uint8Array) => void files.set(name, bytes),
        exists: (name: string) => files.has(name),
        remove: (name: string) => void files.delete(name),
      },
    };
    const lisp = new Lisp(options);
    lisp.evaluate(PROGRAM);
    const first = lisp.evaluate(`
      (define (walk n) (if (= n 0) (call/cc (lambda (k) (save-continuation k "k") 0)) (+ n (walk (- n 1)))))
      (let ((got (walk 1000))) (list got (adder got) (point-x p)))`);
    expect(write(first)).toBe("(500500 500500 1)");
    for (const history of [false, true]) {
      const other = new Lisp({ ...options, history });
      expect(write(other.evaluate('((load-continuation "k") 7)'))).toBe("(500507 500507 1)");
    }
    const third = new Lisp(options);
    expect(write(third.evaluate('(guard (e (#t (condition-kind e))) (load-continuation "none"))'))).toBe("image");
  });
});
