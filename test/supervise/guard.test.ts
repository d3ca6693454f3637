/** The guard on a clock and a memory that tests move: order, effects, failures, hangs, restoring and draining. */
import { channel } from "node:diagnostics_channel";
import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Guard } from "../../src/supervise/guard.ts";
import type { ActionReport, GuardOptions } from "../../src/supervise/guard-options.ts";
import { FakeClock, FakeSource, MB } from "../monitor/fake-clock.ts";

/** A guard whose soft line is 500 MB and whose hard line is 900 MB of resident memory. */
function setUp(options: GuardOptions = {}) {
  const clock = new FakeClock();
  const source = new FakeSource();
  const guard = new Guard({
    clock,
    source,
    soft: { resident: "500mb" },
    hard: { resident: "900mb" },
    forecastMs: 0,
    coolDownMs: 1_000,
    ...options,
  }).start();
  const actions: ActionReport[] = [];
  guard.on("action", (report) => actions.push(report));
  const free = (megabytes: number): void => source.set({ rssBytes: source.sizes.rssBytes - megabytes * MB });
  /** Lets time pass, and what was begun meanwhile end. */
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 100) {
      clock.advance(Math.min(100, left));
      await turn();
    }
  };
  return { clock, source, guard, actions, free, pass };
}

describe("shedding", () => {
  it("goes by priority, measures each action, and stops when enough has come", async () => {
    const { source, guard, actions, free, pass } = setUp();
    guard.shed({ name: "last", priority: 1, shed: () => free(500) });
    guard.shed({ name: "first", priority: 9, shed: () => free(30) });
    guard.shed({ name: "second", priority: 5, shed: () => Promise.resolve(free(100)) });
    source.set({ rssBytes: 600 * MB });
    await pass(200);
    expect(actions.map(({ name }) => name)).toEqual(["first", "second"]);
    expect(actions).toMatchObject([
      { kind: "shed", outcome: "done", freedBytes: 30 * MB, breaker: "closed" },
      { freedBytes: 100 * MB, before: { rssBytes: 570 * MB }, after: { rssBytes: 470 * MB } },
    ]);
  });

  it("publishes what an action brought", async () => {
    const { source, guard, free, pass } = setUp();
    const seen: unknown[] = [];
    const listen = (message: unknown): void => void seen.push(message);
    channel("plimsoll:guard:action").subscribe(listen);
    guard.shed({ name: "cache", shed: () => free(300) });
    source.set({ rssBytes: 600 * MB });
    await pass(200);
    channel("plimsoll:guard:action").unsubscribe(listen);
    expect(seen).toMatchObject([{ name: "cache", freedBytes: 300 * MB }]);
  });

  it("goes on after an action that throws and one that hangs", async () => {
    const { source, guard, actions, free, pass } = setUp();
    let aborted = false;
    guard.shed({
      name: "throws",
      priority: 3,
      shed: () => {
        throw new Error("broken");
      },
    });
    guard.shed({
      name: "hangs",
      priority: 2,
      timeoutMs: 300,
      shed: (_, signal) => {
        signal.addEventListener("abort", () => (aborted = true));
        return new Promise(() => {});
      },
    });
    guard.shed({ name: "works", priority: 1, shed: () => free(300) });
    source.set({ rssBytes: 600 * MB });
    await pass(600);
    expect(actions.map(({ name, outcome }) => [name, outcome])).toEqual([
      ["throws", "failed"],
      ["hangs", "timed-out"],
      ["works", "done"],
    ]);
    expect(aborted).toBe(true);
    expect(actions[0]?.error).toMatchObject({ message: "broken" });
    // What hangs is not begun a second time.
    source.set({ rssBytes: 600 * MB });
    await pass(2_000);
    expect(actions.filter(({ name }) => name === "hangs").at(-1)).toMatchObject({ outcome: "skipped" });
  });

  it("leaves out what frees nothing, tries it again later, and takes it back when it helps", async () => {
    const { source, guard, actions, free, pass } = setUp({ breaker: { failures: 2, openMs: 10_000 } });
    let megabytes = 0;
    guard.shed({ name: "useless", shed: () => free(megabytes) });
    source.set({ rssBytes: 600 * MB });
    await pass(9_000);
    const outcomes = actions.map(({ outcome }) => outcome);
    expect(outcomes.slice(0, 3)).toEqual(["done", "done", "skipped"]);
    expect(actions[1]).toMatchObject({ breaker: "open", freedBytes: 0 });
    megabytes = 200;
    await pass(5_000);
    expect(actions.at(-1)).toMatchObject({ outcome: "done", breaker: "closed", freedBytes: 200 * MB });
  });

  it("restores in the opposite order when memory is clear, not before", async () => {
    const { source, guard, actions, pass } = setUp();
    for (const name of ["pool", "intake"]) guard.shed({ name, isLasting: true, shed() {}, restore() {} });
    source.set({ rssBytes: 600 * MB });
    await pass(300);
    source.set({ rssBytes: 490 * MB });
    await pass(300);
    expect(actions.map(({ kind }) => kind)).toEqual(["shed", "shed"]);
    source.set({ rssBytes: 400 * MB });
    await pass(300);
    expect(actions.slice(2).map(({ name, kind }) => [name, kind])).toEqual([
      ["intake", "restore"],
      ["pool", "restore"],
    ]);
  });

  it("begins early when memory rises towards the line, and not for a saw-tooth", async () => {
    const rising = setUp({ forecastMs: 10_000 });
    const steady = setUp({ forecastMs: 10_000 });
    for (const { guard } of [rising, steady]) guard.shed({ name: "cache", shed() {} });
    for (let second = 0; second < 20; second++) {
      rising.source.set({ rssBytes: (300 + 6 * second) * MB });
      steady.source.set({ rssBytes: (400 + (second % 2) * 60) * MB });
      await rising.pass(1_000);
      await steady.pass(1_000);
    }
    expect(rising.actions).toEqual([]);
    expect(steady.actions).toEqual([]);
    for (let second = 0; second < 10; second++) {
      rising.source.set({ rssBytes: (420 + 6 * second) * MB });
      await rising.pass(1_000);
    }
    expect(rising.actions[0]).toMatchObject({
      name: "cache",
      before: { rssBytes: expect.toSatisfy((rss) => rss < 500 * MB) as number },
    });
  });

  it("runs every action to some outcome whatever the others do", async () => {
    const behaviour = fc.constantFrom("free", "throw", "reject", "hang", "nothing");
    await fc.assert(
      fc.asyncProperty(fc.array(behaviour, { minLength: 1, maxLength: 6 }), async (behaviours) => {
        const { source, guard, actions, pass } = setUp();
        for (const [index, what] of behaviours.entries()) {
          guard.shed({
            name: String(index),
            timeoutMs: 200,
            shed: () => {
              if (what === "throw") throw new Error("thrown");
              if (what === "reject") return Promise.reject(new Error("rejected"));
              return what === "hang" ? new Promise(() => {}) : undefined;
            },
          });
        }
        source.set({ rssBytes: 600 * MB });
        await pass(100 + 300 * behaviours.length);
        expect(actions.slice(0, behaviours.length).map(({ name }) => Number(name))).toEqual([...behaviours.keys()]);
      }),
      { numRuns: 25 },
    );
  });
});

describe("draining", () => {
  it("drains everything at once at the hard line, within its time, and tells", async () => {
    const { source, guard, actions, pass } = setUp({ drainMs: 1_000 });
    const drained: unknown[] = [];
    guard.on("drained", (event) => drained.push(event));
    guard.drain({ name: "server", drain: () => Promise.resolve() });
    guard.drain({ name: "hangs", drain: () => new Promise(() => {}) });
    source.set({ rssBytes: 950 * MB });
    await pass(1_500);
    expect(guard.level).toBe("hard");
    expect(actions.map(({ name, kind, outcome }) => [name, kind, outcome])).toEqual([
      ["server", "drain", "done"],
      ["hangs", "drain", "timed-out"],
    ]);
    expect(drained).toEqual([{ elapsedMs: 1_000, inTime: false, isHandedOver: false }]);
  });

  it("takes per cent of the real limits: of the process, and of the heap", async () => {
    const { source, guard, pass } = setUp({ soft: { resident: "50%", heap: "50%" }, hard: { resident: "90%" } });
    source.set({ heapUsedBytes: 199 * MB });
    await pass(200);
    expect(guard.level).toBe("clear");
    source.set({ heapUsedBytes: 201 * MB });
    await pass(200);
    expect(guard.level).toBe("soft");
  });

  it("refuses a hard line that is not above the soft one", () => {
    expect(() => setUp({ soft: { resident: "900mb" } })).toThrow("shedding must come before draining");
  });
});
