/** The cadence: rests while the real event loop does nothing else, and ends the rest when it does. */
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { startCadence } from "../../src/monitor/cadence.ts";
import { FakeClock } from "./fake-clock.ts";

/** Long enough that no real timer falls due within a test. */
const IDLE_MS = 600_000;

describe("startCadence", () => {
  it("keeps its interval when no rest is wanted", () => {
    const clock = new FakeClock();
    let calls = 0;
    const cadence = startCadence({ clock, intervalMs: 1000, idleIntervalMs: 1000 }, () => ++calls > 0);
    clock.advance(10_000);
    expect(calls).toBe(10);
    cadence[Symbol.dispose]();
    expect(clock.timers).toBe(0);
  });

  it("rests after a quiet reading, and looks at once when the loop wakes", async () => {
    const clock = new FakeClock();
    let calls = 0;
    using _cadence = startCadence({ clock, intervalMs: 60_000, idleIntervalMs: IDLE_MS }, () => ++calls > 0);
    clock.advance(60_000);
    expect(calls).toBe(1);
    clock.advance(IDLE_MS - 1);
    expect(calls).toBe(1);
    await turn();
    await turn();
    expect(calls).toBe(2);
    // Awake: the next reading comes at the short interval again.
    clock.advance(60_000);
    expect(calls).toBe(3);
  });

  it("does not rest while memory moves", () => {
    const clock = new FakeClock();
    let calls = 0;
    using _cadence = startCadence({ clock, intervalMs: 60_000, idleIntervalMs: IDLE_MS }, () => ++calls < 0);
    clock.advance(IDLE_MS);
    expect(calls).toBe(10);
  });

  it("leaves nothing behind", async () => {
    const clock = new FakeClock();
    let calls = 0;
    const cadence = startCadence({ clock, intervalMs: 60_000, idleIntervalMs: IDLE_MS }, () => ++calls > 0);
    clock.advance(60_000);
    cadence[Symbol.dispose]();
    await turn();
    await turn();
    clock.advance(IDLE_MS);
    expect(calls).toBe(1);
    expect(clock.timers).toBe(0);
  });
});
