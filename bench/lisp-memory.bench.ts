/**
 * What the Lisp's values take on the heap of V8. Each figure is a process of its own.
 *
 * `npm run bench:lisp-memory [-- --quick]`: about a minute; the quick form is a smoke test and writes nothing.
 */
import { median } from "../src/monitor/trend.ts";
import { runMemoryCase } from "./lisp/memory-case.ts";
import { type BenchRow, writeResults } from "./support/results.ts";

const quick = process.argv.includes("--quick");
const ROUNDS = quick ? 1 : 3;

/** What it is, definitions before, and the expression that makes one. */
type Value = readonly [name: string, definitions: string, expression: string];

const HELD: readonly Value[] = [
  ["an integer, a boolean or the empty list in a place that is there", "", "i"],
  ["an inexact number", "", "(inexact i)"],
  ["an exact fraction", "", "(/ (+ 1 (* 3 i)) 3)"],
  ["a character", "", "(integer->char (+ 65 (modulo i 1000)))"],
  ["a pair", "", "(cons i i)"],
  ["a vector of 3", "", "(vector i i i)"],
  ["a bytevector of 8", "", "(make-bytevector 8 1)"],
  ["a string of 10", "", "(make-string 10 #\\a)"],
  ["a symbol of its own", "", '(string->symbol (string-append "name-" (number->string i)))'],
  ["a record of 2 fields", "(define-record-type point (make-point x y) point? (x x-of) (y y-of))", "(make-point i i)"],
  ["a closure that captures nothing", "", "(lambda (x) x)"],
  ["a closure that captures 1 variable", "(define (make a) (lambda () a))", "(make i)"],
  ["a closure that captures 3 variables", "(define (make a b c) (lambda () (list a b c)))", "(make i i i)"],
  ["a closure that captures 1 variable which is assigned", "(define (make a) (lambda () (set! a 1) a))", "(make i)"],
  ["a continuation of a call in a loop, with its frames", "", "(call/cc (lambda (k) k))"],
  ["a promise", "", "(delay i)"],
  ["a parameter", "", "(make-parameter i)"],
];

const DEEP: readonly Value[] = [
  [
    "a call that waits, of a procedure with 1 argument: frame and environment",
    "(define (deep n) (if (= n 0) (call/cc (lambda (c) (set! k c) 0)) (+ 1 (deep (- n 1)))))",
    "(begin (deep COUNT) 0)",
  ],
  [
    "a call that waits, of a procedure with 3 arguments, in the middle of its own arguments",
    "(define (deep n a b) (if (= n 0) (call/cc (lambda (c) (set! k c) 0)) (list a (deep (- n 1) a b) b)))",
    "(begin (deep COUNT 1 2) 0)",
  ],
];

function bytesOf(kind: string, [name, definitions, expression]: Value): BenchRow {
  const runs = Array.from({ length: ROUNDS }, () => Math.round(runMemoryCase(kind, definitions, expression).bytes));
  return { name, value: median([...runs]), unit: "bytes", runs };
}

const rows = [...HELD.map((value) => bytesOf("held", value)), ...DEEP.map((value) => bytesOf("deep", value))];
for (const { name, value, unit, peers } of rows)
  process.stderr.write(`${name}: ${value} ${unit} ${peers ? JSON.stringify(peers) : ""}\n`);
if (!quick) process.stderr.write(`${writeResults("lisp-memory", "npm run bench:lisp-memory", rows)}\n`);
