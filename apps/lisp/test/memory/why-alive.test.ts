/**
 * `(why-alive x)`: the path and the binding for every kind of holder, and a search that is iterative and bounded.
 */
import { describe, expect, it } from "vitest";
import { Lisp, write } from "../../src/index.ts";
import { outcome } from "../r7rs/cases.ts";

function whyAlive(definitions: string, expression: string): string {
  const lisp = new Lisp();
  lisp.evaluate(definitions, "case.scm");
  return write(lisp.evaluate(`(why-alive ${expression})`));
}

describe("why-alive", () => {
  it.each([
    [
      "(define v (vector 1 (list 'a (list 'b))))",
      "(cadr (vector-ref v 1))",
      '("global v" "slot 1 of a vector" "element 1 of a list")',
    ],
    ["(define v (list 1 2 3))", "(cddr v)", '("global v" "the rest of a list after 2 elements")'],
    [
      "(define peek #f)\n(define (counter)\n  (let ((big (make-vector 9)))\n    (set! peek (lambda () big))\n    (lambda () (vector-length big))))\n(define c (counter))",
      "(peek)",
      '("global peek" "variable big, captured by the procedure peek, made at case.scm:4:16")',
    ],
    [
      "(define (get-it) '(some constant))",
      "(get-it)",
      '("global get-it" "the code of the procedure get-it, made at case.scm:1:1" "a constant at case.scm:1:18")',
    ],
    [
      "(define-record-type point (make-point x) point? (x x-of))\n(define p (make-point (list 1)))",
      "(x-of p)",
      '("global p" "field x of point")',
    ],
    [
      '(define t (list (string->symbol "s") {:key (1)}))',
      "(get (cadr t) :key)",
      '("global t" "element 1 of a list" "field key of a table")',
    ],
    ["(define p (make-parameter (list 1)))", "(p)", '("global p")'],
    ["(define s (delay (list 1)))\n(force s)", "(force s)", '("global s")'],
    [
      "(in-namespace 'tools (define box (list 1)))",
      "(eval 'box (namespace 'tools))",
      '("namespace tools" "global box")',
    ],
    [
      '(define-syntax hello (syntax-rules () ((_) "text")))',
      "(hello)",
      '("global hello" "the rules of a macro" "element 1 of a list")',
    ],
    ["(define x 1)", "(list 1)", "#f"],
  ])("%s", (definitions, expression, path) => expect(whyAlive(definitions, expression)).toBe(path));

  it("finds what a frame under way holds, and what a saved continuation holds", () => {
    const lisp = new Lisp();
    lisp.evaluate(
      "(define (f) (let ((own (vector 1))) (let ((why (why-alive own))) (vector-set! own 0 why) own)))",
      "f.scm",
    );
    expect(write(lisp.evaluate("(f)"))).toContain("variable own");
    lisp.evaluate(
      `(define k #f)
       (define peek #f)
       (define (deep n big)
         (if (= n 0) (call/cc (lambda (c) (set! k c) 0)) (let ((below (deep (- n 1) big))) (set! peek big) below)))
       (deep 5 (make-vector 3))
       (define later (let ((x peek)) (set! peek #f) x))`,
      "k.scm",
    );
    lisp.evaluate("(define weak later)");
    expect(write(lisp.evaluate("(let ((x later)) (set! later #f) (set! weak #f) (why-alive x))"))).toMatch(
      /^\("global k" "a continuation" "a continuation frame that waits at k\.scm:4:\d+.*" "variable big"\)$/,
    );
  });

  it("tells every holder, the nearest first", () => {
    const lisp = new Lisp();
    lisp.evaluate("(define a (list 1)) (define b a) (define c (vector a))");
    expect(write(lisp.evaluate("(all-holders a)"))).toBe(
      '(("global a") ("global b") ("global c" "slot 0 of a vector"))',
    );
    expect(write(lisp.evaluate("(all-holders (list 1))"))).toBe("()");
  });

  it("goes down a structure a million pairs deep, and says when it gave up", () => {
    const lisp = new Lisp();
    lisp.evaluate("(define deep (let loop ((n 0) (at (list 'core))) (if (= n 1000000) at (loop (+ n 1) (list at)))))");
    lisp.evaluate("(define core (let loop ((at deep)) (if (pair? (car at)) (loop (car at)) at)))");
    expect(write(lisp.evaluate("(why-alive core)"))).toBe('("global core")');
    expect(outcome(lisp, "(guard (e (#t (condition-kind e))) (why-alive (list 1) 10000))")).toBe("memory");
    expect(outcome(lisp, "(why-alive 5)")).toBe("!type");
  });
});
