/** Functions that leak, each in its way, and functions that look like it. */
import { EventEmitter } from "node:events";
import { afterEach, describe, expect, it, vi } from "vitest";
import { PlimsollError } from "../../src/base/errors.ts";
import { assertLeaksNothing, describeLeaks, type LeakReport, measureLeaks } from "../../src/testing/index.ts";

const kept: unknown[] = [];
const index = new Map<number, unknown>();
const emitter = new EventEmitter();
emitter.setMaxListeners(0);
const timers: NodeJS.Timeout[] = [];
const listeners: (() => void)[] = [];
let serial = 0;

afterEach(() => {
  kept.length = 0;
  index.clear();
  emitter.removeAllListeners();
  for (const timer of timers.splice(0)) clearInterval(timer);
  for (const listener of listeners.splice(0)) process.off("beforeExit", listener);
});

function measure(fn: () => unknown): Promise<LeakReport> {
  return measureLeaks(fn, { holders: false });
}

describe("leaks", () => {
  it.each<[string, string, () => unknown]>([
    ["64 bytes in an array", "JavaScript heap", () => kept.push({ a: 1, b: 2, c: 3, d: 4, e: 5 })],
    ["an entry of a map", "JavaScript heap", () => index.set((serial += 1), { serial })],
    ["a listener", "JavaScript heap", () => emitter.on("x", () => serial)],
    ["a closure", "JavaScript heap", async () => kept.push(await Promise.resolve(() => serial))],
    ["a promise that never settles", "JavaScript heap", () => kept.push(new Promise(() => {}))],
    ["a buffer", "array buffers", () => kept.push(Buffer.alloc(10_000))],
    [
      "a listener of process",
      "listeners of process",
      () => {
        process.setMaxListeners(0);
        listeners.push(() => serial);
        process.on("beforeExit", listeners.at(-1) ?? (() => {}));
      },
    ],
  ])("finds %s", async (_, what, fn) => {
    const { leaks } = await measure(fn);
    expect(leaks.map((leak) => leak.what)).toContain(what);
  });

  it("tells bytes a call near what they are", async () => {
    const { leaks } = await measure(() => kept.push(new Float64Array(1000)));
    const buffers = leaks.find(({ what }) => what === "array buffers");
    expect(buffers).toMatchObject({ unit: "bytes", perCall: 8000, uncertainty: 0 });
  });
});

describe("what measuring a leak leaves behind", () => {
  it("is less than the 1,024 files and sockets that many systems allow", async () => {
    const { leaks } = await measure(() => timers.push(setInterval(() => {}, 1e6)));
    expect(leaks.map(({ what }) => what)).toContain("Timeout handles");
    expect(timers.length).toBeLessThan(1000);
  });

  it("is some hundred megabytes of large buffers, not gigabytes", async () => {
    let bytes = 0;
    const { leaks } = await measure(() => {
      kept.push(new Uint8Array(2 ** 20));
      bytes += 2 ** 20;
    });
    expect(leaks.map(({ what }) => what)).toContain("array buffers");
    expect(bytes).toBeLessThan(600 * 2 ** 20);
  });
});

describe("what is no leak", () => {
  it.each<[string, () => unknown]>([
    ["garbage", () => JSON.parse('{"a":[1,2,3]}')],
    [
      "a cache that fills up while it is measured",
      () => {
        index.set((serial += 1), { serial });
        if (index.size > 700) index.delete(index.keys().next().value ?? 0);
      },
    ],
    [
      "a batch that is flushed every thousand calls",
      () => {
        kept.push({ serial: (serial += 1) });
        if (serial % 1000 === 0) kept.length = 0;
      },
    ],
    [
      "what a timer of half a second holds",
      async () => {
        const key = (serial += 1);
        index.set(key, { key });
        setTimeout(() => index.delete(key), 500).unref();
      },
    ],
    ["a timer that ends", () => new Promise((resolve) => void setTimeout(resolve, 1))],
    [
      "classes",
      () =>
        new (class Point {
          x = 1;
        })(),
    ],
  ])("acquits %s", async (_, fn) => {
    expect((await measure(fn)).leaks).toEqual([]);
  });

  it("is measured under fake timers too", async () => {
    vi.useFakeTimers();
    try {
      expect((await measure(() => ({}))).leaks).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("assertLeaksNothing", () => {
  it("returns what it measured", async () => {
    const report = await assertLeaksNothing(() => ({}), { calls: 50, warmup: 10 });
    expect(report).toMatchObject({ leaks: [], warmup: 10 });
    expect(describeLeaks(report)).toMatch(/^Nothing grew/);
  });

  it("says what grew and what to do", async () => {
    const failure: unknown = await assertLeaksNothing(() => kept.push({ serial }), { holders: false }).catch(
      (error: unknown) => error,
    );
    expect(PlimsollError.is(failure, "ERR_PLIMSOLL_LEAK")).toBe(true);
    expect(String(failure)).toMatch(
      /leaks: JavaScript heap \+\d+ B ± \d.* a call\.\nMeasured over \d+ calls[^]*Next: /,
    );
  });

  it("passes on what the function throws", async () => {
    await expect(assertLeaksNothing(() => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
  });

  it.each([{ calls: 0 }, { calls: 1.5 }, { warmup: -1 }])("refuses %j", async (options) => {
    await expect(measureLeaks(() => {}, options)).rejects.toMatchObject({ code: "ERR_PLIMSOLL_BAD_OPTION" });
  });
});
