/** The tree of budgets as a state machine: leases never exceed a limit, sums agree at every node, release restores. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fairShare } from "../../src/budget/arbitration.ts";
import type { MemoryLease } from "../../src/budget/lease.ts";
import { MemoryBudget } from "../../src/budget/memory-budget.ts";
import { PlimsollError } from "../../src/base/errors.ts";

const MB = 2 ** 20;

/** A consumer that gives back what it is asked for, down to what it must keep. */
function cache(budget: MemoryBudget, name: string, keepBytes = 0): MemoryLease {
  const lease: MemoryLease = budget.register({
    name,
    shrink: (bytes) => {
      const freed = Math.min(bytes, Math.max(0, lease.bytes - keepBytes));
      lease.resize(lease.bytes - freed);
      return freed;
    },
  });
  return lease;
}

function agrees(budget: MemoryBudget): number {
  const check = (report: ReturnType<MemoryBudget["report"]>): number => {
    const below = report.children.reduce((sum, child) => sum + check(child), 0);
    const own = report.consumers.reduce((sum, { bytes }) => sum + bytes, 0);
    expect(report.usedBytes).toBe(own + below);
    expect(report.usedBytes).toBeLessThanOrEqual(report.limitBytes);
    expect(report.peakBytes).toBeGreaterThanOrEqual(report.usedBytes);
    return report.usedBytes;
  };
  return check(budget.report());
}

const step = fc.record({
  node: fc.nat(3),
  what: fc.constantFrom("reserve", "register", "resize", "release"),
  bytes: fc.nat(120),
  which: fc.nat(20),
});

describe("MemoryBudget", () => {
  it("never exceeds a limit, agrees at every node, and is empty when all is released", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const root = new MemoryBudget({ limit: 200 });
        const left = root.child({ name: "left", limit: 120 });
        const nodes = [
          root,
          left,
          root.child({ name: "right", limit: "50%" }),
          left.child({ name: "leaf", limit: 60 }),
        ];
        const leases: MemoryLease[] = [];
        for (const { node, what, bytes, which } of steps) {
          const budget = nodes[node] ?? root;
          const lease = leases[which % Math.max(1, leases.length)];
          const free = budget.headroom();
          if (what === "reserve") {
            const made = budget.tryReserve(bytes + 1);
            if (made) leases.push(made);
            else expect(bytes + 1).toBeGreaterThan(free);
          } else if (what === "register") leases.push(cache(budget, `cache ${leases.length}`, which));
          else if (lease && what === "resize") {
            const before = lease.bytes;
            if (!lease.tryResize(bytes)) expect(lease.bytes).toBe(before);
            else expect(lease.bytes).toBe(bytes);
          } else if (lease) {
            lease.release();
            leases.splice(leases.indexOf(lease), 1);
          }
          agrees(root);
        }
        for (const lease of leases) lease.release();
        expect(agrees(root)).toBe(0);
        expect(root.headroom()).toBe(200);
      }),
    );
  });

  it("asks who is above its fair share first, and leaves that share to who can shrink", () => {
    const budget = new MemoryBudget({ limit: 300 });
    const large = cache(budget, "large");
    const small = cache(budget, "small");
    large.resize(250);
    small.resize(50);
    const third = cache(budget, "third");
    expect(third.tryResize(100)).toBe(true);
    expect([large.bytes, small.bytes, third.bytes]).toEqual([150, 50, 100]);
    expect(third.tryResize(160)).toBe(false);
    budget.reserve(200, "fixed");
    expect(large.bytes + small.bytes + third.bytes).toBe(100);
    expect(fairShare(300, [{ bytes: 200, consumer: { name: "fixed" } }])).toBe(100);
  });

  it("refuses with the numbers and the way out", () => {
    const budget = new MemoryBudget({ limit: "64mb", name: "imports" });
    using lease = budget.reserve("60mb", "rows");
    expect(lease.bytes).toBe(60 * MB);
    expect(() => budget.reserve("10mb", "parse")).toThrow(
      /"parse" asks for 10 MB more, but "imports" has 4 MB of 64 MB/,
    );
    try {
      budget.reserve("10mb", "parse");
      expect.unreachable();
    } catch (error) {
      expect(PlimsollError.is(error, "ERR_PLIMSOLL_OVER_BUDGET") && error.details).toEqual({
        budget: "imports",
        consumer: "parse",
        askedBytes: 10 * MB,
        freeBytes: 4 * MB,
        limitBytes: 64 * MB,
      });
    }
    expect(budget.report().consumers).toEqual([{ name: "rows", bytes: 60 * MB, canShrink: false }]);
  });

  it("does not trust what a consumer says it freed, nor one that fails or asks for more while it shrinks", () => {
    const budget = new MemoryBudget({ limit: 100 });
    const liar = budget.register({ name: "liar", shrink: (bytes) => bytes });
    liar.resize(40);
    const failing = budget.register({
      name: "failing",
      shrink: () => {
        throw new Error("disk full");
      },
    });
    failing.resize(30);
    const greedy = budget.register({ name: "greedy", shrink: () => (greedy.tryResize(greedy.bytes + 1) ? 0 : 0) });
    greedy.resize(30);
    expect(budget.tryReserve(1)).toBeUndefined();
    expect(budget.usedBytes).toBe(100);
  });

  it("recommends a batch from the headroom, 1 at least", () => {
    const budget = new MemoryBudget({ limit: 1000 });
    expect(budget.recommendBatchSize({ itemBytes: 10 })).toBe(50);
    expect(budget.recommendBatchSize({ itemBytes: 10, max: 20 })).toBe(20);
    budget.reserve(999);
    expect(budget.recommendBatchSize({ itemBytes: 10 })).toBe(1);
  });

  it("releases everything below it when disposed of, and then opens nothing", () => {
    const root = new MemoryBudget({ limit: 100 });
    const child = root.child({ name: "child" });
    const lease = child.reserve(10);
    child[Symbol.dispose]();
    lease.release();
    expect(root.headroom()).toBe(100);
    expect(() => child.reserve(1)).toThrow(/disposed/);
    expect(() => lease.tryResize(1)).toThrow(/released/);
    expect(root.report().children).toEqual([]);
  });

  it("counts from the real limit by default", () => {
    const budget = new MemoryBudget();
    expect(budget.limitBytes).toBeGreaterThan(MB);
    expect(new MemoryBudget({ limit: "50%" }).limitBytes).toBeGreaterThan(MB);
  });
});
