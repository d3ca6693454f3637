/** Clean functions that use what Node.js brings: streams, messages, text, codecs and so on. */
import { AsyncResource } from "node:async_hooks";
import { webcrypto } from "node:crypto";
import { channel } from "node:diagnostics_channel";
import { once } from "node:events";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Duplex, PassThrough, Transform } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { format, inspect, promisify } from "node:util";
import { MessageChannel } from "node:worker_threads";
import { brotliCompressSync, deflate } from "node:zlib";
import { clean, type CleanFunctions } from "./planted.ts";

const deflated = promisify(deflate);
/** By name; each call makes one. */
export const PLATFORM_FUNCTIONS: CleanFunctions = {
  "URLs and their parameters": () => {
    let serial = 0;
    return clean(() => new URL(`https://example.org/a?id=${(serial += 1)}&b=2`).searchParams.get("id"));
  },
  "text encoded and decoded": () => clean(() => new TextDecoder().decode(new TextEncoder().encode("grüße".repeat(50)))),
  "a string decoder": () => clean(() => new StringDecoder("utf8").end(Buffer.from("€"))),
  "objects inspected": () => clean(() => inspect({ a: [1, { b: new Map([[1, 2]]) }] }) + format("%s %o", "a", [1])),
  "a transform stream": () =>
    clean(async () => {
      const upper = new Transform({
        transform: (chunk: Buffer, _, done) => done(null, chunk.toString().toUpperCase()),
      });
      upper.end("text");
      let text = "";
      for await (const chunk of upper) text += String(chunk);
      return text;
    }),
  "a stream that is destroyed": () =>
    clean(async () => {
      const stream = new PassThrough();
      stream.write("text");
      stream.destroy();
      await nextTurn();
    }),
  "a duplex made of an iterable": () =>
    clean(async () => {
      let count = 0;
      for await (const _ of Duplex.from(["a", "b"])) count += 1;
      return count;
    }),
  "web streams": () =>
    clean(async () => {
      const stream = new ReadableStream<string>({
        start: (controller) => {
          controller.enqueue("a");
          controller.close();
        },
      });
      let text = "";
      for await (const chunk of stream) text += chunk;
      return text;
    }),
  "a message channel that is closed": () =>
    clean(async () => {
      const { port1, port2 } = new MessageChannel();
      const got = once(port2, "message");
      port1.postMessage({ a: 1 });
      await got;
      port1.close();
      port2.close();
    }),
  "web cryptography": () => clean(async () => webcrypto.subtle.digest("SHA-256", new Uint8Array(100))),
  "compression in the thread pool": () => clean(async () => (await deflated("text ".repeat(200))).length),
  brotli: () => clean(() => brotliCompressSync("text ".repeat(20)).length),
  "an event target": () =>
    clean(() => {
      const target = new EventTarget();
      target.addEventListener("said", () => {}, { once: true });
      return target.dispatchEvent(new Event("said"));
    }),
  "a channel of diagnostics": () => {
    const said = channel("plimsoll-test:said");
    return clean(() => {
      const listener = (): void => {};
      said.subscribe(listener);
      said.publish({ a: 1 });
      said.unsubscribe(listener);
    });
  },
  "an asynchronous resource": () => clean(() => new AsyncResource("PlimsollTest").runInAsyncScope(() => 1)),
  "a race that a timer loses": () =>
    clean(async () => {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise((resolve) => void (timer = setTimeout(resolve, 60_000)));
      await Promise.race([Promise.resolve(1), late]);
      clearTimeout(timer);
    }),
  "microtasks and ticks": () =>
    clean(async () => {
      queueMicrotask(() => {});
      await new Promise((resolve) => process.nextTick(resolve));
    }),
  "an asynchronous generator left early": () =>
    clean(async () => {
      async function* count(): AsyncGenerator<number> {
        for (let value = 0; value < 10; value += 1) yield await Promise.resolve(value);
      }
      for await (const value of count()) if (value === 3) return value;
      return 0;
    }),
  "slices of a large buffer": () => clean(() => Buffer.from("text ".repeat(1000)).subarray(3, 9).toString()),
  "shared memory": () => clean(() => Atomics.add(new Int32Array(new SharedArrayBuffer(1024)), 0, 1)),
  "a large string put together and flattened": () =>
    clean(() => {
      let text = "";
      for (let part = 0; part < 300; part += 1) text += `part ${part},`;
      return /299/.exec(text)?.index;
    }),
  "text replaced by patterns": () => {
    let serial = 0;
    return clean(() => `a${(serial += 1)}b${serial}`.replace(/\d+/g, (digits) => `<${digits}>`).split(/[<>]/));
  },
  "objects turned into dictionaries": () =>
    clean(() => {
      const counts: Record<string, number> = {};
      for (let key = 0; key < 50; key += 1) counts[`key${key}`] = key;
      for (let key = 0; key < 50; key += 2) delete counts[`key${key}`];
      return Object.keys(counts).length;
    }),
  "an error with a cause": () =>
    clean(() => new AggregateError([new Error("one", { cause: new Error("two") })], "all").errors.length),
  "subclasses and bound methods": () =>
    clean(() => {
      class Base {
        name = "base";
      }
      class Derived extends Base {
        greet = (): string => `I am ${this.name}`;
      }
      return new Derived().greet();
    }),
};
