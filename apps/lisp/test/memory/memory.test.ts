/**
 * Memory as procedures: figures in the keyword style, namespaces that free what they held, limits, and code and names that are freed.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { Lisp, write } from "../../src/index.ts";
import { symbol } from "../../src/data/symbols.ts";
import { positionOf, Reader } from "../../src/reader/reader.ts";
import { nodeMemory } from "../../src/memory/node-host.ts";
import { outcome, section } from "../r7rs/cases.ts";

const stored = new Map<string, Uint8Array>();
const filing = new Lisp({
  files: {
    read(name) {
      const bytes = stored.get(name);
      if (bytes === undefined) throw new Error("there is no such file");
      return bytes;
    },
    write: (name, bytes) => void stored.set(name, bytes),
    exists: (name) => stored.has(name),
    remove: (name) => void stored.delete(name),
  },
});

const COMMAND = join(import.meta.dirname, "..", "..", "bin", "lisp.js");

function never(): boolean {
  return false;
}

/** Collects until `isDone`. What a weak reference was asked for lives until the turn ends, so that each collection has one of its own. */
async function collect(isDone: () => boolean, turns = 20): Promise<boolean> {
  for (let turn = 0; turn < turns && !isDone(); turn++) {
    await setImmediate();
    nodeMemory.collect?.();
    await setImmediate();
  }
  return isDone();
}

section("tables of keywords", [
  ['{:a 1 :b (x "y")}', '{:a 1 :b (x "y")}'],
  ["(get {:a 1} :a)", "1"],
  ["(get {:a 1} :b)", "#f"],
  ["(get {:a 1} :b 'none)", "none"],
  ["(keys {:a 1 :b 2})", "(:a :b)"],
  ["(equal? {:a 1 :b (2)} {:b (2) :a 1})", "#t"],
  ["(equal? {:a 1} {:a 1 :b 2})", "#f"],
  ["{:a}", "!read"],
  ["(1 2}", "!read"],
  ["{:a 1", "!unfinished"],
  ["'|a{b}|", "|a{b}|"],
]);

section("namespaces", [
  ["(in-namespace 'tools (define x 1) (define (car y) (* 2 y)) (car x))", "2"],
  ["(car '(a))", "a"],
  ["(namespaces)", "(user tools)"],
  ["(eval 'x (namespace 'tools))", "1"],
  ["(clear-namespace 'tools)", "2"],
  ["(namespaces)", "(user)"],
  ["(namespace 'tools)", "!namespace"],
  ["(begin (define car cdr) (define own 1) (car '(1 2)))", "(2)"],
  ["(clear-namespace 'user)", "2"],
  ["(car '(1 2))", "1"],
  ["own", "!unbound"],
]);

section("limits", [
  ["(define (deep n) (if (= n 0) 0 (+ 1 (deep (- n 1)))))", "#<unspecified>"],
  ["(set! *max-recursion* 1000)", "#<unspecified>"],
  ["(deep 900)", "900"],
  ["(guard (e ((eq? (condition-kind e) 'depth) 'caught)) (deep 1100))", "caught"],
  ["(deep 1100)", "!depth"],
  ["(begin (set! *max-recursion* 3000) (deep 2900))", "2900"],
  ["(set! *max-recursion* 'none)", "!type"],
  ["*max-recursion*", "3000"],
  ["(guard (e (#t (condition-kind e))) (call-with-fuel 100 (lambda () (let loop () (loop)))))", "fuel"],
]);

describe("with-open-file", () => {
  it.each([
    ['(with-open-file (p "f" :output) (write \'(a "b") p))', "#<unspecified>"],
    ['(with-open-file (p "f") (read p))', '(a "b")'],
    ['(with-open-file (p "f" :input) (read-char p))', "#\\("],
    ['(with-open-file (p "b" :binary-output) (write-u8 7 p))', "#<unspecified>"],
    ['(with-open-file (p "b" :binary-input) (read-u8 p))', "7"],
    ['(with-open-file (p open-input-file "f") (read-line p))', '"(a \\"b\\")"'],
    ['(with-open-file (p "f" :sideways) p)', "!error"],
    ['(with-open-file (p "none") p)', "!file"],
    ['(input-port-open? (with-open-file (p "f") p))', "#f"],
    ['(guard (e (#t (input-port-open? e))) (with-open-file (p "f") (raise p)))', "#f"],
  ])("%s", (program, value) => expect(outcome(filing, program)).toBe(value));
});

describe("figures", () => {
  it("are those of the host, in the keyword style", () => {
    const sample = { heapUsed: 10, heapTotal: 20, external: undefined };
    const lisp = new Lisp({ memory: { sample: () => sample } });
    expect(outcome(lisp, "(memory-stats)")).toBe(
      "{:heap-used 10 :heap-total 20 :external #f :snapshots 0 :namespaces 1}",
    );
    expect(outcome(lisp, "(gc)")).toBe("{:freed #f :heap-used 10}");
  });

  it("are known of Node.js, which can collect", () => {
    const lisp = new Lisp({ memory: nodeMemory });
    expect(outcome(lisp, "(begin (gc) (> (get (memory-stats) :heap-used) 1000000))")).toBe("#t");
    expect(outcome(lisp, "(let ((junk (make-vector 1000000 0))) (vector-length junk))")).toBe("1000000");
    expect(outcome(lisp, "(> (get (gc) :freed) 1000000)")).toBe("#t");
  });
});

describe("what is shown cut short", () => {
  it("has labels where a cycle is small, and ends where it is not", () => {
    const lisp = new Lisp();
    expect(write(lisp.evaluate("(let ((x (list 1 2))) (set-cdr! (cdr x) x) x)"), 60)).toBe("#0=(1 2 . #0#)");
    const large = write(lisp.evaluate("(let ((x (iota 1000))) (set-cdr! (list-tail x 999) x) x)"), 60);
    expect(large).toBe(`${write(lisp.evaluate("(iota 100)")).slice(0, 60)}…`);
  });
});

describe("forms that macros made", () => {
  it("are reported as they were written", () => {
    const lisp = new Lisp();
    lisp.evaluate("(define-syntax inc (syntax-rules () ((_ x) (+ x 1))))");
    lisp.evaluate("(define-syntax twice (syntax-rules () ((_ x) (inc (inc x)))))");
    expect(
      outcome(
        lisp,
        "(define a 'word)\n(guard (e (#t (list (condition-form e) (condition-position e)))) (list (twice a)))",
      ),
    ).toBe('("(twice a)" "text:2:72")');
  });
});

describe("the command", () => {
  it("raises a condition before V8 gives up, and goes on", () => {
    const program = join(mkdtempSync(join(tmpdir(), "plimsoll-lisp-")), "grow.scm");
    writeFileSync(
      program,
      `(define keep '())
       (define (hoard) (set! keep (cons (make-vector 100) keep)) (hoard))
       (define (deep n) (+ 1 (deep n)))
       (define (kind thunk) (guard (e (#t (condition-kind e))) (thunk)))
       (define (forget) (set! keep '()))
       (write (map kind (list hoard forget (lambda () (deep 1)) (lambda () (+ 1 2)))))`,
    );
    const args = ["--max-old-space-size=64", COMMAND, program];
    const { stdout, stderr } = spawnSync(process.execPath, args, {
      encoding: "utf8",
      timeout: 60_000,
      killSignal: "SIGKILL",
    });
    rmSync(dirname(program), { recursive: true });
    expect({ stdout, stderr }).toEqual({ stdout: "(memory #<unspecified> memory 3)", stderr: "" });
  });
});

describe("what nothing holds", () => {
  let lisp: Lisp;
  beforeAll(() => {
    lisp = new Lisp();
  });

  it("is freed when its namespace is cleared", async () => {
    lisp.evaluate("(in-namespace 'work (define big (make-vector 10)) (define (use) big))");
    const held = new WeakRef(lisp.evaluate("(eval 'big (namespace 'work))") as object);
    lisp.evaluate("(clear-namespace 'work)");
    expect(await collect(() => held.deref() === undefined)).toBe(true);
  });

  it("is freed of code: forms that were evaluated once leave none", async () => {
    await collect(never, 3);
    const before = lisp.codeUnits;
    for (let form = 0; form < 500; form++) lisp.evaluate(`(car (list ${form} (lambda (x) (+ x ${form}))))`);
    expect(lisp.codeUnits).toBeGreaterThan(before + 100);
    expect(await collect(() => lisp.codeUnits <= before + 2)).toBe(true);
    lisp.evaluate("(define (kept x) (+ x 1))");
    await collect(never, 3);
    lisp.evaluate("(define + -)");
    expect(write(lisp.evaluate("(kept 1)"))).toBe("0");
  });

  it("is freed of names", async () => {
    const held = new WeakRef(symbol("a name that nothing uses"));
    expect(await collect(() => held.deref() === undefined)).toBe(true);
    expect(symbol("kept")).toBe(symbol("kept"));
  });

  it("takes its places in a source with it", async () => {
    const datum = new Reader("(a b)", "here").read() as object;
    expect(positionOf(datum)).toEqual({ source: "here", line: 1, column: 1 });
    const { held } = { held: new WeakRef(new Reader("(a b)", "here").read() as object) };
    expect(await collect(() => held.deref() === undefined)).toBe(true);
  });
});
