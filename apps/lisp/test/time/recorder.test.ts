/**
 * Time travel: any step can be gone to, and what follows from it is what followed.
 */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileHistory } from "plimsoll/history";
import { describe, expect, it } from "vitest";
import { write } from "../../src/index.ts";
import { withHistory } from "./history.ts";

const FIB = "(define (fib n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2)))))";

describe("going to a step", () => {
  it("shows what variables held, and goes on as it went", () => {
    const { lisp, time } = withHistory();
    lisp.evaluate("(define x 1)");
    const first = time.step;
    lisp.evaluate("(set! x (list x 2))");
    const second = time.step;
    lisp.evaluate("(set-car! x 'changed)");
    time.goto(first);
    expect(write(lisp.scope.environment.cells.size > 0)).toBe("#t");
    expect(write(lisp.evaluate("x"))).toBe("1");
    time.goto("main");
    expect(write(lisp.evaluate("x"))).toBe("(changed 2)");
    time.goto(second);
    expect(write(lisp.evaluate("x"))).toBe("(1 2)");
  });

  it("reaches the same end from every tenth step", () => {
    const { lisp, time } = withHistory();
    lisp.evaluate(FIB);
    const begin = time.step;
    const value = lisp.evaluate("(fib 10)");
    const end = time.step;
    for (let step = begin + 1; step <= end; step += 10) {
      time.goto(step);
      expect(time.step).toBe(step);
      expect(time.run()).toBe("done");
      expect([time.step, lisp.machine.value]).toEqual([end, value]);
    }
  });

  it("finds a deep stack and a large heap again that lie in files", async () => {
    const folder = mkdtempSync(join(tmpdir(), "lisp-history-"));
    try {
      const storage = await fileHistory(folder).open("write");
      const { lisp, time } = withHistory({ history: storage, keyframeSteps: 500 });
      lisp.evaluate(`
        (define v (make-vector 3000 0))
        (define (deep n) (vector-set! v (modulo n 3000) n) (if (= n 0) 0 (+ 1 (deep (- n 1)))))
        (define (again n) (if (= n 0) (list (deep 30000) (vector-ref v 17)) (begin (deep 30000) (again (- n 1)))))`);
      const begin = time.step;
      expect(write(lisp.evaluate("(again 3)"))).toBe("(30000 17)");
      const end = time.step;
      expect(readdirSync(folder).length).toBeGreaterThan(0);
      for (let part = 1; part < 12; part++) {
        const step = begin + Math.floor((part * (end - begin)) / 12);
        time.goto(step);
        time.branch(`from ${step}`);
        expect(time.run()).toBe("done");
        expect([write(lisp.machine.value), time.step]).toEqual(["(30000 17)", end]);
        time.goto("main");
      }
      await storage.close();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
