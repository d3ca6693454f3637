/** The guard's state machine and its breaker as properties over any course of memory and time. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CircuitBreaker } from "../../src/supervise/circuit-breaker.ts";
import { GuardMachine, type GuardOrder } from "../../src/supervise/guard-machine.ts";

const COOL_DOWN_MS = 5_000;
const HYSTERESIS = 0.05;

/** A reading, how long after the one before, and whether a round under way ends before it. */
const steps = fc.array(
  fc.record({
    afterMs: fc.integer({ min: 0, max: 4_000 }),
    soft: fc.double({ min: 0, max: 1.3, noNaN: true }),
    hard: fc.double({ min: 0, max: 1.02, noNaN: true }),
    endsRound: fc.boolean(),
  }),
  { maxLength: 200 },
);

function newMachine(): GuardMachine {
  return new GuardMachine({ hysteresisRatio: HYSTERESIS, coolDownMs: COOL_DOWN_MS });
}

describe("GuardMachine", () => {
  it("sheds above the soft line alone, one round at a time, with the cool-down between", () => {
    fc.assert(
      fc.property(steps, (course) => {
        const machine = newMachine();
        let nowMs = 0;
        let isShedding = false;
        let roundEndedMs = Number.NEGATIVE_INFINITY;
        for (const { afterMs, soft, hard, endsRound } of course) {
          nowMs += afterMs;
          if (isShedding && endsRound) {
            machine.finishRound(nowMs);
            isShedding = false;
            roundEndedMs = nowMs;
          }
          if (machine.update(nowMs, soft, hard) !== "shed") continue;
          expect(soft).toBeGreaterThanOrEqual(1);
          expect(isShedding).toBe(false);
          expect(nowMs - roundEndedMs).toBeGreaterThanOrEqual(COOL_DOWN_MS);
          isShedding = true;
        }
      }),
    );
  });

  it("drains once, at the hard line, and orders nothing after", () => {
    fc.assert(
      fc.property(steps, (course) => {
        const machine = newMachine();
        const orders: (GuardOrder | undefined)[] = [];
        let nowMs = 0;
        for (const { afterMs, soft, hard } of course) {
          nowMs += afterMs;
          const order = machine.update(nowMs, soft, hard);
          expect(order === "drain").toBe(hard >= 1 && !orders.includes("drain"));
          if (orders.includes("drain")) expect(order).toBeUndefined();
          orders.push(order);
        }
        expect(machine.level === "hard").toBe(orders.includes("drain"));
      }),
    );
  });

  it("gives back what it took, once, and only when memory is clear", () => {
    fc.assert(
      fc.property(steps, (course) => {
        const machine = newMachine();
        let nowMs = 0;
        let owes = false;
        for (const { afterMs, soft } of course) {
          nowMs += afterMs;
          const order = machine.update(nowMs, soft, 0);
          if (order === "shed") {
            owes = true;
            machine.finishRound(nowMs);
          }
          if (order === "restore") {
            expect(owes).toBe(true);
            expect(soft).toBeLessThan(1 - HYSTERESIS);
            owes = false;
          } else if (soft < 1 - HYSTERESIS) expect(owes).toBe(false);
        }
      }),
    );
  });

  it("does not flap around its line", () => {
    const machine = newMachine();
    let changes = 0;
    let before = machine.level;
    for (let index = 0; index < 100; index++) {
      machine.update(index, index % 2 === 0 ? 1.01 : 0.96, 0);
      if (machine.level !== before) changes += 1;
      before = machine.level;
    }
    expect(changes).toBe(1);
  });

  it.each([{ hysteresisRatio: 1 }, { hysteresisRatio: -0.1 }, { coolDownMs: -1 }, { coolDownMs: Number.NaN }])(
    "refuses %j",
    (wrong) => {
      expect(() => new GuardMachine({ hysteresisRatio: 0.05, coolDownMs: 0, ...wrong })).toThrow(
        expect.objectContaining({ code: "ERR_PLIMSOLL_BAD_OPTION" }) as Error,
      );
    },
  );
});

describe("CircuitBreaker", () => {
  const OPTIONS = { failures: 3, openMs: 1_000, maxOpenMs: 8_000 };

  it("lets nothing through while open, and one try when half-open", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(3_000), fc.boolean()), { maxLength: 100 }), (tries) => {
        const breaker = new CircuitBreaker(OPTIONS);
        let nowMs = 0;
        for (const [afterMs, isGood] of tries) {
          nowMs += afterMs;
          const state = breaker.state(nowMs);
          const isAdmitted = breaker.admit(nowMs);
          expect(isAdmitted).toBe(state !== "open");
          if (!isAdmitted) continue;
          if (state === "half-open") expect(breaker.admit(nowMs)).toBe(false);
          if (isGood) breaker.succeed();
          else breaker.fail(nowMs);
          if (isGood) expect(breaker.state(nowMs)).toBe("closed");
          else if (state === "half-open") expect(breaker.state(nowMs)).toBe("open");
        }
      }),
    );
  });

  it("opens at the third failure in a row, each time for twice as long, up to a bound", () => {
    const breaker = new CircuitBreaker(OPTIONS);
    breaker.fail(0);
    breaker.fail(0);
    expect(breaker.state(0)).toBe("closed");
    breaker.fail(0);
    let nowMs = 0;
    for (const openMs of [1_000, 2_000, 4_000, 8_000, 8_000]) {
      expect(breaker.state(nowMs + openMs - 1)).toBe("open");
      nowMs += openMs;
      expect(breaker.admit(nowMs)).toBe(true);
      breaker.fail(nowMs);
    }
    nowMs += 8_000;
    expect(breaker.admit(nowMs)).toBe(true);
    breaker.succeed();
    expect(breaker.state(nowMs)).toBe("closed");
  });
});
