/** The queue against the plain definition: sorted by priority, stable, without what was taken out. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { TaskQueue } from "../../src/budget/task-queue.ts";

it("gives the highest priority first, in order within one, and passes over what is gone", () => {
  const step = fc.record({
    what: fc.constantFrom("push", "push", "shift", "remove"),
    priority: fc.nat(3),
    which: fc.nat(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const queue = new TaskQueue<{ readonly priority: number; readonly order: number; isGone: boolean }>();
      const plain: { readonly priority: number; readonly order: number; isGone: boolean }[] = [];
      for (const [order, { what, priority, which }] of steps.entries()) {
        const next = [...plain].sort((a, b) => b.priority - a.priority || a.order - b.order)[0];
        expect(queue.peek()).toBe(next);
        if (what === "push") {
          const item = { priority, order, isGone: false };
          queue.push(item);
          plain.push(item);
        } else if (what === "shift") {
          expect(queue.shift()).toBe(next);
          if (next) plain.splice(plain.indexOf(next), 1);
        } else {
          const item = plain[which % Math.max(1, plain.length)];
          if (item) {
            queue.remove(item);
            queue.remove(item);
            plain.splice(plain.indexOf(item), 1);
          }
        }
        expect(queue.size).toBe(plain.length);
      }
    }),
  );
});
