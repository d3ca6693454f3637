/**
 * The limiter on a virtual clock: whatever tasks hold, however long they take and whenever they are aborted, none waits for
 * ever, nothing passes the limit, and nothing is left counted. Plus the shell around it: order, back-pressure, streams.
 */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { adaptive } from "../../bench/simulator/policies.ts";
import { Machine, type SimulatedTask } from "../../bench/simulator/machine.ts";
import { simulate } from "../../bench/simulator/simulate.ts";
import { distributions } from "../../bench/simulator/tasks.ts";
import { AdaptiveLimiter } from "../../src/budget/limiter.ts";
import { PlimsollError } from "../../src/base/errors.ts";

const MB = 2 ** 20;
const MARK = 0.05;

function quiet(options: ConstructorParameters<typeof AdaptiveLimiter>[0] = {}): AdaptiveLimiter {
  const machine = new Machine({ oldSpaceBytes: 512 * MB, markMsPerMb: MARK });
  return new AdaptiveLimiter({ gauge: machine.gauge, ...options });
}

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe("AdaptiveLimiter on a virtual machine", () => {
  it.each(["slow", "brief", "buffers", "mixed", "heavy tail", "kinds", "growing", "drift"])(
    "runs 2,000 tasks to their end: %s",
    async (name) => {
      const tasks = distributions(512)[name]?.(2000, 7) ?? [];
      const bound = name === "buffers" || name === "mixed" ? { processLimitBytes: 512 * MB } : {};
      const run = await simulate({ oldSpaceBytes: 512 * MB, markMsPerMb: MARK, ...bound }, adaptive(), tasks);
      expect(run).toMatchObject({ death: undefined, ended: 2000, status: { inFlight: 0, waiting: 0 } });
    },
  );

  it.each([128, 256, 512, 1024])("keeps room for buffers that come late, in %d MB", async (limitMb) => {
    for (let seed = 1; seed <= 4; seed++) {
      const tasks = distributions(limitMb)["growing buffers"]?.(2000, seed) ?? [];
      const limits = { oldSpaceBytes: limitMb * MB, processLimitBytes: limitMb * MB };
      const run = await simulate({ ...limits, markMsPerMb: MARK }, adaptive(), tasks);
      expect(run).toMatchObject({ death: undefined, ended: 2000 });
    }
  });

  it("sees a large task before the next one starts", async () => {
    const isLarge = (index: number): boolean => index > 500 && index % 97 < 2;
    const tasks = Array.from({ length: 2000 }, (_, index): SimulatedTask => {
      const waitMs = 100 + ((index * 37) % 100);
      const heapBytes = (isLarge(index) ? 20 : 1) * MB;
      return { kind: "task", heapBytes, externalBytes: 0, garbageBytes: 0.1 * MB, waitMs, cpuMs: 0.05, steps: 1 };
    });
    const run = await simulate({ oldSpaceBytes: 128 * MB, markMsPerMb: MARK }, adaptive(), tasks);
    expect(run).toMatchObject({ death: undefined, ended: 2000 });
  });

  it.each([0.1, 10])("survives hints that are wrong by a factor of %d, and learns", async (factor) => {
    const tasks = distributions(512)["slow"]?.(3000, 3) ?? [];
    const hints = { task: 8.4 * MB * factor };
    const run = await simulate({ oldSpaceBytes: 512 * MB, markMsPerMb: MARK }, adaptive({ hints }), tasks);
    expect(run).toMatchObject({ death: undefined, ended: 3000 });
    const learned = run.status?.costs[0]?.heapBytes ?? 0;
    expect(learned / (8.4 * MB)).toBeGreaterThan(0.85);
    expect(learned / (8.4 * MB)).toBeLessThan(1.15);
  });

  it("tells kinds apart from the total alone", async () => {
    const tasks = distributions(512)["kinds"]?.(4000, 5) ?? [];
    const run = await simulate({ oldSpaceBytes: 512 * MB, markMsPerMb: MARK }, adaptive(), tasks);
    const cost = (kind: string): number => (run.status?.costs.find((each) => each.kind === kind)?.totalBytes ?? 0) / MB;
    expect(run.death).toBeUndefined();
    expect(cost("large")).toBeGreaterThan(10.8);
    expect(cost("large")).toBeLessThan(13.2);
    expect(cost("small")).toBeLessThan(cost("middle"));
  });

  it("never holds for ever and leaves nothing counted, whatever tasks are like and whenever they are aborted", async () => {
    const task = fc.record({
      kind: fc.constantFrom("a", "b", "c"),
      heapMb: fc.integer({ min: 0, max: 150 }),
      externalMb: fc.integer({ min: 0, max: 60 }),
      waitMs: fc.integer({ min: 0, max: 500 }),
      steps: fc.integer({ min: 1, max: 3 }),
      priority: fc.integer({ min: 0, max: 2 }),
      abortAtMs: fc.option(fc.integer({ min: 0, max: 300 }), { nil: undefined }),
      fails: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(task, { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 9 }),
        async (all, most) => {
          // Roomy enough that nothing dies: here it is about who waits.
          const machine = new Machine({ oldSpaceBytes: 8192 * MB, processLimitBytes: 600 * MB, markMsPerMb: MARK });
          machine.death = undefined;
          using limiter = new AdaptiveLimiter({ clock: machine.clock, gauge: machine.gauge, maxConcurrency: most });
          let settled = 0;
          let running = 0;
          for (const { kind, priority, abortAtMs, fails, ...shape } of all) {
            const abort = new AbortController();
            if (abortAtMs !== undefined) {
              const timer = machine.clock.every(abortAtMs + 1, () => {
                timer[Symbol.dispose]();
                abort.abort(new Error("enough"));
              });
            }
            const simulated: SimulatedTask = {
              kind,
              heapBytes: shape.heapMb * MB,
              externalBytes: 0,
              garbageBytes: 0,
              waitMs: shape.waitMs,
              cpuMs: 0.1,
              steps: shape.steps,
            };
            const work = async (): Promise<void> => {
              running += 1;
              expect(running).toBeLessThanOrEqual(most);
              await machine.run(simulated);
              running -= 1;
              if (fails) throw new Error("failed");
            };
            limiter.run(work, { kind, priority, signal: abort.signal }).then(
              () => (settled += 1),
              () => (settled += 1),
            );
          }
          await driveAlive(machine, () => settled === all.length);
          expect(settled).toBe(all.length);
          expect(limiter.status()).toMatchObject({ inFlight: 0, waiting: 0, hold: undefined });
        },
      ),
      { numRuns: 60 },
    );
  });

  it("lets a task that fits nowhere run alone", async () => {
    const machine = new Machine({ oldSpaceBytes: 100 * MB, markMsPerMb: MARK });
    using limiter = new AdaptiveLimiter({ clock: machine.clock, gauge: machine.gauge, hints: { task: "1gb" } });
    const shape = { kind: "task", heapBytes: MB, externalBytes: 0, garbageBytes: 0, waitMs: 10, cpuMs: 0, steps: 1 };
    let ended = 0;
    for (let index = 0; index < 5; index++) void limiter.run(() => machine.run(shape).then(() => (ended += 1)));
    expect(limiter.status()).toMatchObject({ inFlight: 1, waiting: 4, hold: { reason: "heap" } });
    await machine.drive(() => ended === 5);
    expect(ended).toBe(5);
  });

  it("lets tasks wait for tasks of the same limiter", async () => {
    const machine = new Machine({ oldSpaceBytes: 512 * MB, markMsPerMb: MARK });
    using limiter = new AdaptiveLimiter({ clock: machine.clock, gauge: machine.gauge });
    let ended = 0;
    const nested = (): Promise<void> => limiter.run(() => limiter.run(() => {}));
    for (let index = 0; index < 8; index++) void nested().then(() => (ended += 1));
    await machine.drive(() => ended === 8);
    expect(ended).toBe(8);
  });
});

/** The process's limit counts for the limiter only: the machine goes on. */
async function driveAlive(machine: Machine, isDone: () => boolean): Promise<void> {
  do {
    machine.death = undefined;
    await machine.drive(isDone);
  } while (machine.death !== undefined);
}

describe("AdaptiveLimiter", () => {
  it("gives results, failures and failures that are thrown at once", async () => {
    using limiter = quiet();
    await expect(limiter.run(() => 1)).resolves.toBe(1);
    await expect(limiter.run(async () => "a")).resolves.toBe("a");
    await expect(limiter.run(() => Promise.reject(new Error("late")))).rejects.toThrow("late");
    await expect(
      limiter.run(() => {
        throw new Error("at once");
      }),
    ).rejects.toThrow("at once");
    await turn();
    expect(limiter.status()).toMatchObject({ inFlight: 0, ended: 4 });
  });

  it("takes the highest priority first, and in order within one", async () => {
    using limiter = quiet({ maxConcurrency: 1 });
    const order: string[] = [];
    const add = (name: string, priority: number): Promise<void> =>
      limiter.run(
        async () => {
          await turn();
          order.push(name);
        },
        { priority },
      );
    await Promise.all([add("first", 0), add("low", 0), add("high 1", 5), add("middle", 2), add("high 2", 5)]);
    expect(order).toEqual(["first", "high 1", "high 2", "middle", "low"]);
  });

  it("takes out what is aborted while it waits, and gives the signal to what runs", async () => {
    using limiter = quiet({ maxConcurrency: 1 });
    const abort = new AbortController();
    let seen: AbortSignal | undefined;
    const running = limiter.run(
      (signal) => {
        seen = signal;
        return turn();
      },
      { signal: abort.signal },
    );
    const waiting = limiter.run(() => expect.unreachable(), { signal: abort.signal });
    abort.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    await running;
    expect(seen?.aborted).toBe(true);
    await expect(limiter.run(() => 1, { signal: abort.signal })).rejects.toThrow("enough");
    expect(limiter.status()).toMatchObject({ inFlight: 0, waiting: 0 });
  });

  it("says when a task may start without starting one", async () => {
    using limiter = quiet({ maxConcurrency: 1 });
    await limiter.ready();
    const place = await limiter.acquire();
    let isReady = false;
    const ready = limiter.ready().then(() => (isReady = true));
    await turn();
    expect(isReady).toBe(false);
    place[Symbol.dispose]();
    await ready;
    expect(limiter.status()).toMatchObject({ inFlight: 0, waiting: 0, ended: 1 });
  });

  it("refuses what waits when it is disposed of, and bad options", async () => {
    const limiter = quiet({ maxConcurrency: 1 });
    const running = limiter.run(turn);
    const waiting = limiter.run(() => 1).catch((error: unknown) => error);
    const ready = limiter.ready().catch((error: unknown) => error);
    limiter[Symbol.dispose]();
    limiter[Symbol.dispose]();
    await running;
    expect(PlimsollError.is(await waiting, "ERR_PLIMSOLL_RELEASED")).toBe(true);
    expect(PlimsollError.is(await ready, "ERR_PLIMSOLL_RELEASED")).toBe(true);
    await expect(limiter.run(() => 1)).rejects.toThrow(/disposed/);
    expect(() => quiet({ maxConcurrency: 0 })).toThrow(/maxConcurrency is 0/);
  });

  it("tells progress and holds to those who listen", async () => {
    const heard: unknown[] = [];
    const listen = (message: unknown): void => void heard.push(message);
    subscribe("plimsoll:limiter:progress", listen);
    subscribe("plimsoll:limiter:held", listen);
    using limiter = quiet({ name: "import", maxConcurrency: 1 });
    for await (const _ of limiter.map([1, 2, 3], turn)) void 0;
    await Promise.all([limiter.run(turn), limiter.run(turn)]);
    unsubscribe("plimsoll:limiter:progress", listen);
    unsubscribe("plimsoll:limiter:held", listen);
    expect(heard).toContainEqual(expect.objectContaining({ name: "import", done: 3, total: 3, remainingMs: 0 }));
    expect(heard).toContainEqual(
      expect.objectContaining({ reason: "concurrency", sentence: expect.stringMatching(/1 tasks wait/) }),
    );
  });
});
