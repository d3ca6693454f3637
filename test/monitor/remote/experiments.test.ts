/** Experiments end as one result each: answered, unanswered, or given up. */
import { describe, expect, it } from "vitest";
import type { Clock } from "../../../src/base/clock.ts";
import { Experiments } from "../../../src/monitor/remote/experiments.ts";
import { predictExperimentMs } from "../../../src/monitor/remote/pause.ts";

const MB = 2 ** 20;
const READING = { rssBytes: 1, heapUsedBytes: 1, heapTotalBytes: 1, externalBytes: 0, arrayBuffersBytes: 0 };

function makeClock(): Clock & { advance(ms: number): void; readonly timers: Map<() => void, number> } {
  let nowMs = 0;
  const timers = new Map<() => void, number>();
  return {
    timers,
    now: () => nowMs,
    every(intervalMs, task) {
      timers.set(task, nowMs + intervalMs);
      return { [Symbol.dispose]: () => void timers.delete(task) };
    },
    advance(ms) {
      nowMs += ms;
      for (const [task, dueMs] of timers) if (dueMs <= nowMs) task();
    },
  };
}

describe("Experiments", () => {
  it("takes the answer that belongs to it, once", async () => {
    const clock = makeClock();
    using experiments = new Experiments(clock);
    const ids: number[] = [];
    const order = { name: "collect", threadId: 2, connection: {}, timeoutMs: 100 } as const;
    const result = experiments.start(order, (id) => ids.push(id));
    const answer = {
      type: "experiment",
      name: "collect",
      timeMs: 5,
      pauseMs: 7,
      before: READING,
      after: READING,
    } as const;
    experiments.add({ ...answer, id: 99 });
    experiments.add({ ...answer, id: ids[0] ?? 0 });
    experiments.add({ ...answer, id: ids[0] ?? 0 });
    expect(await result).toEqual({
      name: "collect",
      threadId: 2,
      outcome: "done",
      timeMs: 5,
      pauseMs: 7,
      before: READING,
      after: READING,
    });
    expect(clock.timers.size).toBe(0);
  });

  it("gives up after the deadline, when the thread ends, and when the watch does", async () => {
    const clock = makeClock();
    const experiments = new Experiments(clock);
    const order = { name: "turn", threadId: 0, timeoutMs: 100 } as const;
    const connection = {};
    const late = experiments.start({ ...order, connection: {} }, () => undefined);
    clock.advance(100);
    expect(await late).toMatchObject({ outcome: "no-answer", timeMs: 100, pauseMs: 0 });
    const gone = experiments.start({ ...order, connection }, () => undefined);
    experiments.leave(connection);
    expect(await gone).toMatchObject({ outcome: "no-answer", reason: "it has ended" });
    const closed = experiments.start({ ...order, connection }, () => undefined);
    experiments[Symbol.dispose]();
    expect((await closed).outcome).toBe("no-answer");
    expect(clock.timers.size).toBe(0);
  });

  it("tells a refusal of the program from an answer", async () => {
    using experiments = new Experiments(makeClock());
    const result = experiments.start({ name: "trim", threadId: 0, connection: {}, timeoutMs: 9 }, (id) =>
      experiments.add({ type: "experiment", id, name: "trim", timeMs: 1, pauseMs: 0, reason: "no" }),
    );
    expect(await result).toMatchObject({ outcome: "refused", reason: "no" });
  });
});

describe("predictExperimentMs", () => {
  it("knows what each does", () => {
    expect(predictExperimentMs("collect", 40, 0)).toBe(40);
    expect(predictExperimentMs("turn", 40, 0)).toBe(80);
    expect(predictExperimentMs("trim", 1e9, 300 * MB)).toBeLessThan(50);
    expect(predictExperimentMs("trim", 0, 4096 * MB)).toBeGreaterThan(200);
  });
});
