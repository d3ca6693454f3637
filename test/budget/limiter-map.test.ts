/** Items through a limiter: order, back-pressure down to the single item, failures, aborts, readers that leave, and Web streams. */
import { describe, expect, it } from "vitest";
import { Machine } from "../../bench/simulator/machine.ts";
import { AdaptiveLimiter } from "../../src/budget/limiter.ts";

const MB = 2 ** 20;

function quiet(options: ConstructorParameters<typeof AdaptiveLimiter>[0] = {}): AdaptiveLimiter {
  const machine = new Machine({ oldSpaceBytes: 512 * MB, markMsPerMb: 0.05 });
  return new AdaptiveLimiter({ gauge: machine.gauge, ...options });
}

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe("AdaptiveLimiter.map", () => {
  it("maps in order and out of order, taking no more items than can run or wait to be read", async () => {
    using limiter = quiet({ maxConcurrency: 3 });
    let taken = 0;
    function* source(): Generator<number> {
      for (let index = 0; index < 200; index++) {
        taken += 1;
        yield index;
      }
    }
    const delays = async (value: number): Promise<number> => {
      for (let index = 0; index < (value * 7) % 5; index++) await turn();
      return value;
    };
    const ordered = limiter.map(source(), delays, { maxUnread: 4 });
    await ordered.next();
    for (let index = 0; index < 50; index++) await turn();
    expect(taken).toBeLessThanOrEqual(1 + 4 + 3 + 1);
    const rest: number[] = [];
    for await (const value of ordered) rest.push(value);
    expect(rest).toEqual(Array.from({ length: 199 }, (_, index) => index + 1));
    const loose: number[] = [];
    for await (const value of limiter.map(source(), delays, { ordered: false })) loose.push(value);
    expect(loose).not.toEqual(loose.toSorted((a, b) => a - b));
    expect(loose.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, index) => index));
  });

  it("ends a map at the first failure, an abort, or when the reader leaves, and closes the source", async () => {
    using limiter = quiet({ maxConcurrency: 2 });
    let closed = 0;
    async function* source(): AsyncGenerator<number> {
      try {
        for (let index = 0; ; index++) yield index;
      } finally {
        closed += 1;
      }
    }
    const read = async (results: AsyncIterable<number>, most = 1000): Promise<number> => {
      let count = 0;
      for await (const _ of results) if (++count === most) break;
      return count;
    };
    const fails = limiter.map(source(), (value) => (value === 5 ? Promise.reject(new Error("five")) : value));
    await expect(read(fails)).rejects.toThrow("five");
    const abort = new AbortController();
    const aborted = limiter.map(source(), turnAnd(abort), { signal: abort.signal });
    await expect(read(aborted)).rejects.toThrow("enough");
    expect(
      await read(
        limiter.map(source(), (value) => value),
        3,
      ),
    ).toBe(3);
    // A source that never gives its next item does not keep the reader either.
    const never: AsyncIterable<number> = { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) };
    const stuck = limiter.map(never, (value) => value, { signal: AbortSignal.timeout(5) });
    await expect(read(stuck)).rejects.toThrow(/timeout/);
    await turn();
    expect(closed).toBe(3);
    expect(limiter.status()).toMatchObject({ inFlight: 0, waiting: 0 });
  });

  it("stands between two Web streams", async () => {
    using limiter = quiet({ maxConcurrency: 2 });
    const numbers = ReadableStream.from([1, 2, 3, 4, 5]);
    const found: number[] = [];
    for await (const value of numbers.pipeThrough(limiter.transform((n: number) => n * n))) found.push(value);
    expect(found).toEqual([1, 4, 9, 16, 25]);
  });

  it.each([true, false])("takes an item only when a task can start with it, ordered: %s", async (ordered) => {
    using limiter = quiet({ maxConcurrency: 2 });
    let [taken, running, most] = [0, 0, 0];
    function* source(): Generator<number> {
      for (let index = 0; index < 20; index++) {
        expect(running).toBeLessThan(2);
        taken += 1;
        yield index;
      }
    }
    const gates: (() => void)[] = [];
    const work = async (value: number): Promise<number> => {
      running += 1;
      most = Math.max(most, running);
      await new Promise<void>((resolve) => void gates.push(resolve));
      running -= 1;
      return value;
    };
    const found: number[] = [];
    const reading = (async () => {
      for await (const value of limiter.map(source(), work, { ordered, kind: (value) => `kind ${value % 3}` })) {
        found.push(value);
      }
    })();
    for (let ended = 0; ended < 20; ended++) {
      await expect.poll(() => gates.length, { timeout: 20_000 }).toBeGreaterThan(0);
      for (let index = 0; index < 5; index++) await turn();
      expect(taken).toBe(Math.min(20, ended + 2));
      gates.shift()?.();
    }
    await reading;
    expect(found).toHaveLength(20);
    expect(most).toBe(2);
  });

  it("takes no item while others have the only place, and none when it is aborted then", async () => {
    using limiter = quiet({ maxConcurrency: 1 });
    const abort = new AbortController();
    let taken = 0;
    function* source(): Generator<number> {
      for (;;) yield taken++;
    }
    const place = await limiter.acquire();
    const results = limiter.map(source(), (value) => value, { signal: abort.signal });
    const first = results.next().catch((error: unknown) => error);
    for (let index = 0; index < 5; index++) await turn();
    expect(taken).toBe(0);
    expect(limiter.status()).toMatchObject({ inFlight: 1, waiting: 1 });
    abort.abort(new Error("enough"));
    expect(await first).toEqual(new Error("enough"));
    expect(limiter.status()).toMatchObject({ inFlight: 1, waiting: 0 });
    place[Symbol.dispose]();
    expect(taken).toBe(0);
  });
});

function turnAnd(abort: AbortController): (value: number) => Promise<number> {
  return async (value) => {
    await turn();
    if (value === 3) abort.abort(new Error("enough"));
    return value;
  };
}
