/** When an instance is replaced, when it is ready, and how long a crashed one waits: pure judgements. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CrashBackoff } from "../../src/supervise/crash-backoff.ts";
import { isReady } from "../../src/supervise/readiness.ts";
import { judgeInstance } from "../../src/supervise/replacement-judgement.ts";
import { HandoverTimes, ReplacementLine } from "../../src/supervise/replacement-line.ts";
import { supervisedLimit, type SupervisorOptions } from "../../src/supervise/supervisor-options.ts";
import { MB } from "../monitor/fake-clock.ts";

/** An instance that rises from `fromMb` by `mbPerSecond`, `seconds` later. */
function rising(fromMb: number, mbPerSecond: number, seconds: number) {
  const line = new ReplacementLine();
  for (let ms = 0; ms <= seconds * 1_000; ms += 100) line.add(ms, (fromMb + (mbPerSecond * ms) / 1_000) * MB);
  return { ageMs: seconds * 1_000, rssBytes: (fromMb + mbPerSecond * seconds) * MB, line };
}

interface Case {
  readonly limitMb?: number;
  readonly realMb?: number;
  readonly othersMb?: number;
  readonly freshMb?: number;
  readonly restartAfter?: SupervisorOptions["restartAfter"];
}

function judge(
  instance: ReturnType<typeof rising>,
  { limitMb = 200, realMb, othersMb = 0, freshMb = 50, restartAfter }: Case,
) {
  return judgeInstance(instance, {
    stayingBytes: instance.rssBytes + othersMb * MB,
    limit: { bytes: limitMb * MB, source: "--limit", realBytes: realMb === undefined ? undefined : realMb * MB },
    restartAfter,
    slot: { freshBytes: freshMb * MB },
    leadMs: 2_000,
  });
}

describe("an instance is replaced", () => {
  it("as long before the limit as a handover takes", () => {
    expect(judge(rising(50, 20, 5), {})).toBeUndefined();
    expect(judge(rising(50, 20, 5.6), {})).toMatchObject({ isHopeless: false });
    expect(judge(rising(50, 20, 5.6), {})?.why).toBe("162 MB resident, rising 20 MB/s; the limit is 200 MB");
  });

  it("at the limit when it stands still there, and not below", () => {
    expect(judge(rising(199, 0, 10), {})).toBeUndefined();
    expect(judge(rising(201, 0, 10), {})).toMatchObject({ isHopeless: false });
  });

  it("while there is room for a new one below the real limit", () => {
    expect(judge(rising(300, 0, 5), { limitMb: 400, realMb: 512, freshMb: 60 })).toBeUndefined();
    expect(judge(rising(300, 0, 5), { limitMb: 400, realMb: 512, freshMb: 60, othersMb: 150 })).toBeDefined();
  });

  it("by ending first where two do not fit below the real limit", () => {
    expect(judge(rising(150, 0, 5), { limitMb: 200, realMb: 256, freshMb: 60, othersMb: 60 })).toBeDefined();
    const tight = { limitMb: 200, realMb: 256, freshMb: 100, othersMb: 60 };
    expect(judge(rising(150, 0, 5), tight)).toBeUndefined();
    expect(judge(rising(190, 0, 5), tight)).toMatchObject({ endsFirst: true, isHopeless: false });
    expect(judge(rising(190, 0, 5), { ...tight, freshMb: 50 })).toMatchObject({ endsFirst: false });
  });

  it("not in vain: a new one would be where it is", () => {
    expect(judge(rising(198, 0, 5), { limitMb: 197, freshMb: 190 })).toMatchObject({ isHopeless: true });
    expect(judge(rising(198, 0, 5), { limitMb: 197, freshMb: 190 })?.why).toContain("A replacement cannot help");
  });

  it("after its time", () => {
    expect(judge(rising(50, 0, 5), { restartAfter: { ageMs: 6_000 } })).toBeUndefined();
    expect(judge(rising(50, 0, 7), { restartAfter: { ageMs: 6_000 } })?.why).toBe(
      "it has run for 7 s (--restart-after)",
    );
  });
});

describe("times of a handover", () => {
  it("follow a longer start at once and shorter ones bit by bit, with a margin", () => {
    const times = new HandoverTimes();
    times.learnStart(1_000);
    times.learnDrain(100);
    expect(times.leadMs).toBeCloseTo(1.4 * 1_100);
    times.learnStart(3_000);
    expect(times.leadMs).toBeCloseTo(1.4 * 3_100);
    times.learnStart(1_000);
    expect(times.leadMs).toBeGreaterThan(1.4 * 2_000);
  });

  it("are never taken for shorter than a second, and idle connections for no longer", () => {
    const times = new HandoverTimes();
    times.learnStart(50);
    times.learnDrain(50);
    expect(times.leadMs).toBe(1_000);
    times.learnDrain(8_000);
    expect(times.leadMs).toBeCloseTo(1.4 * 1_050);
  });
});

describe("an instance is ready", () => {
  const instance = { keys: [":80"], saidReady: false, ageMs: 500 };

  it("when it listens on all that those before it did", () => {
    expect(isReady(instance, [":80"], false, false)).toBe(true);
    expect(isReady(instance, [":80", ":81"], false, true)).toBe(false);
  });

  it("when it says so, where one before it has", () => {
    expect(isReady(instance, [":80"], true, false)).toBe(false);
    expect(isReady({ ...instance, saidReady: true }, [":80"], true, false)).toBe(true);
  });

  it("after a while when it neither listens nor speaks", () => {
    const silent = { keys: [], saidReady: false };
    expect(isReady({ ...silent, ageMs: 9_999 }, [], false, false)).toBe(false);
    expect(isReady({ ...silent, ageMs: 10_000 }, [], false, false)).toBe(true);
  });

  it("sooner where one before it did neither", () => {
    const silent = { keys: [], saidReady: false };
    expect(isReady({ ...silent, ageMs: 1_999 }, [], false, true)).toBe(false);
    expect(isReady({ ...silent, ageMs: 2_000 }, [], false, true)).toBe(true);
  });
});

describe("after a crash", () => {
  it("waits between half and all of a doubling time of at most 30 s", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 1, maxLength: 40 }),
        (jitter) => {
          let draws = 0;
          const backoff = new CrashBackoff(() => jitter[draws++] ?? 0);
          backoff.noteReady();
          for (const index of jitter.keys()) {
            const after = backoff.crash(100);
            const most = Math.min(30_000, 200 * 2 ** index);
            expect(after).toEqual({ waitMs: expect.toSatisfy((ms: number) => ms >= most / 2 && ms <= most) as number });
          }
        },
      ),
    );
  });

  it("forgets what was before an instance that lived for a minute", () => {
    const backoff = new CrashBackoff(() => 1);
    backoff.noteReady();
    for (let crash = 0; crash < 8; crash++) backoff.crash(0);
    expect(backoff.crash(60_000)).toEqual({ waitMs: 200 });
  });

  it("gives a program up that was never ready, and no other", () => {
    const hopeless = new CrashBackoff();
    for (let crash = 1; crash < 5; crash++) expect(hopeless.crash(10)).toHaveProperty("waitMs");
    expect(hopeless.crash(10)).toEqual({ giveUp: true, attempts: 5 });
  });
});

describe("the limit of an instance", () => {
  const container = [{ bytes: 1000 * MB, source: "cgroup", kind: "cgroup-v2", bounds: "process" }] as const;

  it("is a size for each, or a share that all of them divide", () => {
    expect(supervisedLimit("200mb", 4, container)).toMatchObject({ bytes: 200 * MB, realBytes: 1000 * MB });
    expect(supervisedLimit("80%", 4, container)).toMatchObject({ bytes: 200 * MB });
  });

  it("takes the machine's memory for no limit that the program must leave room in", () => {
    const machine = [{ bytes: 1000 * MB, source: "machine", kind: "machine", bounds: "process" }] as const;
    expect(supervisedLimit("50%", 1, machine)).toMatchObject({ bytes: 500 * MB, realBytes: undefined });
  });
});
