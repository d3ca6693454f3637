/** Functions that leave nothing behind though they look busy, and functions that leave 64 bytes a call or more, each in its way. */
import { EventEmitter } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

/** A function and its name. */
export type Case = readonly [name: string, fn: () => unknown];

/**
 * Functions without a leak.
 *
 * @param url - of a server on the loopback.
 */
export function cleanCases(url: string): Case[] {
  const lru = new Map<number, object>();
  const churn = new Map<string, number[]>();
  const emitter = new EventEmitter();
  let serial = 0;
  return [
    ["closures", () => [1, 2, 3].map((value) => () => value + serial)],
    ["regular expressions", () => `item-${(serial += 1)}`.replace(new RegExp(`${serial % 50}`), "x")],
    ["JSON", () => JSON.parse(JSON.stringify({ serial, list: [1, 2, { a: "b" }] })) as unknown],
    ["promises", () => Promise.all([1, 2, 3].map((value) => Promise.resolve(value)))],
    ["timers that end", () => sleep(1)],
    ["fetch", async () => (await fetch(url)).text()],
    [
      "a map that is emptied",
      () => {
        for (let key = 0; key < 20; key += 1) churn.set(`k${key}`, [key]);
        churn.clear();
      },
    ],
    [
      "a bounded cache",
      () => {
        lru.set((serial += 1), { serial });
        if (lru.size > 500) lru.delete(lru.keys().next().value ?? 0);
      },
    ],
    ["Intl", () => new Intl.NumberFormat("en", { style: "currency", currency: "EUR" }).format(serial)],
    ["dates", () => new Date(serial).toLocaleDateString("en")],
    [
      "classes",
      () =>
        new (class Point {
          x = serial;
        })(),
    ],
    ["an import", () => import("node:zlib")],
    [
      "listeners that are removed",
      () => {
        const listener = (): void => {};
        emitter.on("x", listener).off("x", listener);
      },
    ],
    ["buffers", () => Buffer.alloc(10_000).toString("base64").length],
    [
      "errors",
      () => {
        try {
          throw new Error("x");
        } catch (error) {
          return String(error);
        }
      },
    ],
    [
      "generators",
      () => [
        ...(function* count() {
          yield 1;
          yield 2;
        })(),
      ],
    ],
    ["weak references", () => new WeakRef({ serial })],
    ["symbols and proxies", () => new Proxy({ [Symbol("x")]: 1 }, {})],
    ["structuredClone", () => structuredClone({ a: [1, 2, 3], when: new Date(0) })],
    [
      "abort signals",
      () => {
        const controller = new AbortController();
        controller.abort();
        return controller.signal;
      },
    ],
  ];
}

/** Functions that leave 64 bytes a call or more; call `forget` to let go of all. */
export function leakCases(): { readonly cases: readonly Case[]; forget(): void } {
  const list: unknown[] = [];
  const map = new Map<number, unknown>();
  const set = new Set<object>();
  const emitter = new EventEmitter();
  emitter.setMaxListeners(0);
  let serial = 0;
  return {
    cases: [
      ["64-byte objects in an array", () => list.push({ a: 1, b: 2, c: 3, d: 4, e: 5 })],
      ["map entries", () => map.set((serial += 1), { serial })],
      ["set members", () => set.add({ serial })],
      ["listeners", () => emitter.on("x", () => serial)],
      ["closures", () => list.push(() => list.length + serial)],
      ["promises that never settle", () => list.push(new Promise(() => {}))],
      ["strings", () => list.push(`session-${(serial += 1)}-${"x".repeat(40)}`)],
      ["timers", () => list.push(setInterval(() => {}, 1e6).unref())],
      ["buffers", () => list.push(Buffer.allocUnsafeSlow(64))],
    ],
    forget() {
      list.length = 0;
      map.clear();
      set.clear();
      emitter.removeAllListeners();
    },
  };
}
