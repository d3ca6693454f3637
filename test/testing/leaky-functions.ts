/**
 * Functions that leave something behind with every call, and what of it must be found.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { EventEmitter } from "node:events";
import { createServer, type Server } from "node:net";
import { HEAP, leaky, type LeakyFunction, type LeakyFunctions } from "./planted.ts";
import { SMALL_LEAKS } from "./small-leaks.ts";

/** Keeps so many bytes of heap a call: a plain array of numbers and 16 bytes of the list's own, 8 bytes a field. */
export function leakBytes(bytes: number): LeakyFunction {
  const kept: object[] = [];
  // An array's object and its elements take 32 bytes, its place in the list 8 and more.
  const fields = Math.max(1, Math.floor((bytes - 48) / 8));
  return leaky(HEAP, () => void kept.push(Array.from({ length: fields }, () => 0.5)));
}

/** By name; each call makes one. */
export const LEAKY_FUNCTIONS: LeakyFunctions = {
  ...SMALL_LEAKS,
  "a map that only grows": () => {
    const map = new Map<number, object>();
    let serial = 0;
    return leaky(HEAP, () => void map.set((serial += 1), { serial, text: `session ${serial}` }));
  },
  "a set of strings": () => {
    const set = new Set<string>();
    let serial = 0;
    return leaky(HEAP, () => void set.add(`a key of some length ${(serial += 1)}`));
  },
  "a list of closures": () => {
    const list: (() => number)[] = [];
    let serial = 0;
    return leaky(HEAP, () => {
      const id = (serial += 1);
      list.push(() => id);
    });
  },
  "listeners of an emitter": () => {
    const emitter = new EventEmitter().setMaxListeners(0);
    return leaky(HEAP, () => void emitter.on("said", () => {}));
  },
  "listeners of process": () => {
    const added: (() => void)[] = [];
    const most = process.getMaxListeners();
    process.setMaxListeners(0);
    return leaky(
      "listeners of process",
      () => {
        const listener = (): void => {};
        added.push(listener);
        process.on("warning", listener);
      },
      () => {
        for (const listener of added) process.off("warning", listener);
        process.setMaxListeners(most);
      },
    );
  },
  "promises that never settle": () => {
    const waiting: Promise<unknown>[] = [];
    return leaky(HEAP, () => void waiting.push(new Promise(() => {})));
  },
  "timers that are not cleared": () => {
    const timers: NodeJS.Timeout[] = [];
    return leaky(
      "Timeout handles",
      () => void timers.push(setTimeout(() => {}, 600_000)),
      () => timers.forEach((timer) => clearTimeout(timer)),
    );
  },
  "servers left open": () => {
    const servers: Server[] = [];
    return leaky(
      "TCPServerWrap handles",
      () => void servers.push(createServer().listen(0, "127.0.0.1")),
      () => servers.forEach((server) => server.close()),
    );
  },
  buffers: () => {
    const kept: Uint8Array[] = [];
    return leaky("array buffers", () => void kept.push(new Uint8Array(4096)));
  },
  "a chain of abort signals": () => {
    const root = new AbortController();
    return leaky(HEAP, () => root.signal.addEventListener("abort", () => {}));
  },
  "requests of an asynchronous local storage": () => {
    const storage = new AsyncLocalStorage<object>();
    const bound: unknown[] = [];
    return leaky(HEAP, () =>
      storage.run({ user: "x".repeat(3) }, () => void bound.push(AsyncLocalStorage.bind(() => storage.getStore()))),
    );
  },
  "only every third call": () => {
    const kept: object[] = [];
    let serial = 0;
    return leaky(
      HEAP,
      () => void ((serial += 1) % 3 === 0 && kept.push({ serial, list: [serial, serial, serial, serial] })),
    );
  },
};
