/** How many tasks at once are worth it. */
import { expect, test } from "vitest";
import { Pace } from "../../src/budget/pace.ts";

/** Tasks that end one after the other, with as many in flight as the pace lets in. */
class Load {
  readonly pace: Pace;
  #nowMs = 0;

  constructor(busyRatio = () => 0.5) {
    this.pace = new Pace(0, busyRatio);
  }

  /** So many end, at so many a second, each of which took so long. */
  end(count: number, perSecond: number, tookMs: number): void {
    for (let ended = 0; ended < count; ended++) {
      this.#nowMs += 1000 / perSecond;
      this.pace.end(this.pace.limit, this.#nowMs, tookMs);
    }
  }

  /** One window of the climb: it is over after twice as many as run at once. */
  window(perSecond: number, tookMs: number): number {
    const before = this.pace.limit;
    this.end(Math.max(100, 2 * before), perSecond, tookMs);
    return this.pace.limit / before;
  }

  /** Multiplies until that no longer helps. */
  static climbing(perSecond: number, tookMs: number): Load {
    const load = new Load();
    for (let turn = 0; turn < 3; turn++) load.end(4 * load.pace.limit, perSecond, tookMs);
    return load;
  }
}

test("keeps what it let in while very long tasks ran, when the first of them ends", () => {
  const pace = new Pace(0, () => 0);
  for (let second = 1; second <= 60; second++) pace.wait(second * 1000);
  const { limit } = pace;
  expect(limit).toBeGreaterThan(100);
  pace.end(limit, 60_500, 60_500);
  expect(pace.limit).toBeGreaterThanOrEqual(limit);
});

test("multiplies while that makes things faster, also when starting so many keeps the thread busy", () => {
  const load = new Load(() => 1);
  load.end(8, 20, 200);
  const first = load.pace.limit;
  load.end(4 * first, 80, 200);
  expect(load.pace.limit).toBeGreaterThan(2 * first);
});

test("lets in more as long as tasks take no longer, whatever chance does to the throughput", () => {
  const load = Load.climbing(200, 200);
  for (const perSecond of [200, 150, 210, 140, 130, 200]) expect(load.window(perSecond, 200)).toBeGreaterThan(1);
});

test("goes by the throughput when tasks take longer than they did", () => {
  const load = Load.climbing(200, 200);
  load.window(200, 200);
  load.window(200, 260);
  load.window(150, 300);
  expect(load.window(120, 300)).toBeLessThanOrEqual(1);
});
