/**
 * Time travel: any step can be gone to, and what follows from it is what followed.
 */
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
});
