/**
 * Planted leaks that are small, late, rare or hidden: between lots of garbage, in every tenth call, behind a wait, in a
 * linked list, in strings, in symbols, in code, beside the heap.
 */
import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import { channel } from "node:diagnostics_channel";
import { setTimeout as sleep } from "node:timers/promises";
import { MessageChannel, type MessagePort } from "node:worker_threads";
import { adopt, type Scope, scope, type ValueEvents } from "../../src/scope/index.ts";
import { HEAP, leaky, type LeakyFunctions } from "./planted.ts";

/** Of a library that keeps its memory elsewhere. */
class Handle {
  readonly id = 1;
}

interface Link {
  readonly next: Link | undefined;
}

/** By name; each call makes one. */
export const SMALL_LEAKS: LeakyFunctions = {
  "an object with one field": () => {
    const kept: object[] = [];
    let serial = 0;
    return leaky(HEAP, () => void kept.push({ serial: (serial += 1) }));
  },
  "a linked list": () => {
    let head: Link | undefined;
    return leaky(HEAP, () => void (head = { next: head }));
  },
  "a closure around the last one": () => {
    let chain = (): number => 0;
    return leaky(HEAP, () => {
      const before = chain;
      chain = () => (Math.random() > 2 ? before() : 1);
    });
  },
  "a text that is added to": () => {
    let text = "";
    return leaky(HEAP, () => void (text += "a line of a log\n"));
  },
  "keys of an object": () => {
    const seen: Record<string, boolean> = {};
    let serial = 0;
    return leaky(HEAP, () => void (seen[`user-${(serial += 1)}`] = true));
  },
  "a weak map whose keys stay": () => {
    const keys: object[] = [];
    const weak = new WeakMap<object, object>();
    return leaky(HEAP, () => {
      const key = {};
      keys.push(key);
      weak.set(key, { at: keys.length });
    });
  },
  "registrations at a finalization registry": () => {
    const targets: object[] = [];
    const registry = new FinalizationRegistry<number>(() => {});
    return leaky(HEAP, () => {
      targets.push({});
      registry.register(targets.at(-1) ?? {}, targets.length);
    });
  },
  "errors with their stacks": () => {
    const errors: Error[] = [];
    return leaky(HEAP, () => void errors.push(new Error("kept")));
  },
  "a chain of promises that waits": () => {
    let settle = (): void => {};
    let last = new Promise<void>((resolve) => void (settle = resolve));
    return leaky(
      HEAP,
      () => void (last = last.then(() => {})),
      () => settle(),
    );
  },
  "generators that are not finished": () => {
    const waiting: Generator<number>[] = [];
    return leaky(HEAP, () => {
      const generator = (function* count(): Generator<number> {
        yield 1;
        yield 2;
      })();
      generator.next();
      waiting.push(generator);
    });
  },
  "compiled functions": () => {
    const compiled: unknown[] = [];
    // oxlint-disable-next-line typescript/no-implied-eval -- a program that keeps what it compiles is the case
    return leaky(HEAP, () => void compiled.push(new Function(`return ${compiled.length}`)));
  },
  "regular expressions": () => {
    const patterns = new Map<string, RegExp>();
    return leaky(HEAP, () => void patterns.set(`user-${patterns.size}`, new RegExp(`^user-${patterns.size}$`)));
  },
  "big integers and dates": () => {
    const kept: unknown[] = [];
    return leaky(HEAP, () => void kept.push(2n ** 64n + BigInt(kept.length), new Date()));
  },
  "subscribers of a channel": () => {
    const said = channel("plimsoll-test:leak");
    const added: (() => void)[] = [];
    return leaky(
      HEAP,
      () => {
        const listener = (): void => {};
        added.push(listener);
        said.subscribe(listener);
      },
      () => added.forEach((listener) => said.unsubscribe(listener)),
    );
  },
  "bound contexts": () => {
    const storage = new AsyncLocalStorage<object>();
    const resources: AsyncResource[] = [];
    return leaky(HEAP, () => storage.run({ id: 1 }, () => void resources.push(new AsyncResource("PlimsollLeak"))));
  },
  "a little amid much garbage": () => {
    const kept: object[] = [];
    return leaky(HEAP, () => {
      const rows = Array.from({ length: 500 }, (_, row) => ({ row, text: `row ${row}` }));
      kept.push({ first: rows.length, a: 1, b: 2, c: 3 });
      return rows.map(({ text }) => text).join(",").length;
    });
  },
  "a little in every tenth call": () => {
    const kept: object[] = [];
    let serial = 0;
    return leaky(HEAP, () => void ((serial += 1) % 10 === 0 && kept.push(Array.from({ length: 60 }, () => serial))));
  },
  "of random size": () => {
    const kept: string[] = [];
    return leaky(HEAP, () => void kept.push(Buffer.alloc(20 + Math.floor(Math.random() * 200), "x").toString()));
  },
  "behind a wait": () => {
    const kept: object[] = [];
    return leaky(HEAP, async () => {
      await sleep(1);
      kept.push({ at: performance.now(), list: [1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5] });
    });
  },
  "beside a cache that fills": () => {
    const cache = new Map<number, object>();
    const kept: object[] = [];
    let serial = 0;
    return leaky(HEAP, () => {
      cache.set((serial += 1) % 500, { serial });
      kept.push({ serial, more: [serial, serial] });
    });
  },
  "timers without a reference": () => {
    const timers: NodeJS.Timeout[] = [];
    return leaky(
      HEAP,
      () => void timers.push(setInterval(() => {}, 600_000).unref()),
      () => timers.forEach((timer) => clearInterval(timer)),
    );
  },
  "ports of messages left open": () => {
    const ports: MessagePort[] = [];
    return leaky(
      "MessagePort handles",
      () => {
        const { port1, port2 } = new MessageChannel();
        port1.on("message", () => {});
        ports.push(port1, port2);
      },
      () => ports.forEach((port) => port.close()),
    );
  },
  "small buffers": () => {
    const kept: Uint8Array[] = [];
    return leaky("array buffers", () => void kept.push(new Uint8Array(128)));
  },
  "slices that keep large buffers": () => {
    const kept: Buffer[] = [];
    return leaky("array buffers", () => void kept.push(Buffer.alloc(20_000).subarray(0, 4)));
  },
  "long texts beside the heap": () => {
    const kept: string[] = [];
    return leaky("other external memory", () => void kept.push(Buffer.alloc(1_100_000, "x").toString("latin1")));
  },
  "values owned by a scope that stays open": () => {
    const opened: Scope[] = [];
    let end = (): void => {};
    const ended = new Promise<void>((resolve) => void (end = resolve));
    void scope(async (open) => {
      opened.push(open);
      await ended;
    });
    return leaky(HEAP, () => void opened[0]?.use({ [Symbol.dispose]: () => {} }), end);
  },
  "values of an adopted library": () => {
    let events: ValueEvents<Handle> | undefined;
    const adopted = adopt<Handle>({
      name: "handles",
      isValue: (candidate): candidate is Handle => candidate instanceof Handle,
      alive: () => true,
      release: () => {},
      onCreate: (listener) => {
        events = listener;
        return { [Symbol.dispose]: () => void (events = undefined) };
      },
    });
    // Nothing of them stays in the heap.
    return leaky(
      "values owned by scopes",
      () => events?.created(new Handle()),
      () => adopted[Symbol.dispose](),
    );
  },
};
