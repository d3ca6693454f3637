/**
 * Functions that leave nothing behind, of the kinds that tests call: some allocate a lot, some fill a bounded cache,
 * some compile code, some wait. A leak found in one of them is a false alarm.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { createHash, randomUUID } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { runInNewContext } from "node:vm";
import { createGzip, gunzipSync, gzipSync } from "node:zlib";
import { PLATFORM_FUNCTIONS } from "./clean-platform-functions.ts";
import { FILLING_FUNCTIONS } from "./filling-functions.ts";
import { clean, type CleanFunctions } from "./planted.ts";

const ORDER = {
  id: 7,
  lines: Array.from({ length: 20 }, (_, line) => ({ line, text: `line ${line}` })),
  at: "2026-01-02",
};

/** By name; each call makes one. */
export const CLEAN_FUNCTIONS: CleanFunctions = {
  ...FILLING_FUNCTIONS,
  ...PLATFORM_FUNCTIONS,
  nothing: () => clean(() => {}),
  closures: () => clean(() => [1, 2, 3].map((factor) => (value: number) => value * factor).map((make) => make(2))),
  "regular expressions": () => clean(() => /(\d+)-(?<name>\w+)/u.exec(`id 12-${"a".repeat(20)}`)?.groups),
  "regular expressions made anew": () => {
    let serial = 0;
    return clean(() => new RegExp(`^a{${(serial = (serial + 1) % 50)}}b$`).test("aaab"));
  },
  json: () => clean(() => JSON.parse(JSON.stringify(ORDER)) as unknown),
  "structured clone": () => clean(() => structuredClone(ORDER)),
  promises: () => clean(async () => Promise.all([1, 2, 3].map(async (value) => Promise.resolve(value)))),
  "a rejected promise": () => clean(async () => Promise.reject(new Error("expected")).catch(() => undefined)),
  "thrown errors": () =>
    clean(() => {
      try {
        throw new TypeError("expected");
      } catch (error) {
        return String((error as Error).stack);
      }
    }),
  "timers that end": () => clean(async () => sleep(1)),
  "timers that are cleared": () => clean(() => clearTimeout(setTimeout(() => {}, 60_000))),
  "an interval": () => clean(() => clearInterval(setInterval(() => {}, 60_000))),
  "an immediate": () => clean(async () => new Promise((resolve) => void setImmediate(resolve))),
  "a map that is emptied": () => {
    const map = new Map<number, object>();
    return clean(() => {
      for (let key = 0; key < 200; key += 1) map.set(key, { key });
      map.clear();
    });
  },
  "map churn": () => {
    const map = new Map<number, object>();
    let serial = 0;
    return clean(() => {
      map.set((serial += 1), { serial });
      map.delete(serial - 10);
    });
  },
  "a bounded cache": () => {
    const cache = new Map<number, string>();
    let serial = 0;
    return clean(() => {
      cache.set((serial += 1), `value ${serial}`.repeat(4));
      if (cache.size > 100) for (const key of cache.keys()) return void cache.delete(key);
    });
  },
  "a cache of a thousand": () => {
    const cache = new Map<number, object>();
    let serial = 0;
    return clean(() => void cache.set((serial += 1) % 1000, { serial, text: `text ${serial}` }));
  },
  "a ring buffer": () => {
    const ring: unknown[] = Array.from({ length: 64 });
    let serial = 0;
    return clean(() => void (ring[(serial += 1) % 64] = { serial, text: `entry ${serial}` }));
  },
  "a weak map": () => {
    const weak = new WeakMap<object, object>();
    return clean(() => {
      const key = {};
      weak.set(key, { key });
    });
  },
  "weak references": () => clean(() => new WeakRef({ at: ORDER }).deref()),
  "a finalization registry": () => {
    const registry = new FinalizationRegistry<number>(() => {});
    return clean(() => registry.register({ at: ORDER }, 1));
  },
  "dates and Intl": () => {
    const format = new Intl.DateTimeFormat("en-GB", { dateStyle: "full" });
    return clean(() => format.format(new Date(2026, 0, 1)) + new Intl.NumberFormat("de").format(1234.5));
  },
  "classes defined in the call": () =>
    clean(() => {
      class Point {
        readonly x = 1;
        #y = 2;
        get y(): number {
          return this.#y;
        }
      }
      return new Point().y;
    }),
  "code compiled in the call": () => {
    let serial = 0;
    // oxlint-disable-next-line typescript/no-implied-eval -- a program that compiles as it runs is the case
    return clean(() => new Function(`return ${(serial = (serial + 1) % 10)} + 1`)() as unknown);
  },
  "a vm context": () => clean(() => runInNewContext("1 + 1") as unknown),
  "import of the same module": () => clean(async () => import("node:path")),
  "object literals of many shapes": () => {
    let serial = 0;
    return clean(() => ({ [`key${(serial = (serial + 1) % 30)}`]: serial, [`more${serial}`]: 1 }));
  },
  "strings put together": () => {
    let serial = 0;
    return clean(() => `${"part ".repeat(20)}${(serial += 1)}`.split(" ").join("-").toUpperCase());
  },
  "symbols and big integers": () => clean(() => [Symbol("a").toString(), 2n ** 200n]),
  buffers: () => clean(() => Buffer.alloc(100_000, 1).subarray(10).toString("base64").length),
  "array buffers": () => clean(() => new Float64Array(10_000).fill(1).reduce((sum, value) => sum + value, 0)),
  hashes: () => clean(() => createHash("sha256").update(randomUUID()).digest("hex")),
  "compression at once": () => clean(() => gunzipSync(gzipSync("text ".repeat(1000))).length),
  "a compressing stream": () =>
    clean(async () => {
      let bytes = 0;
      const count = async (chunks: AsyncIterable<Buffer>): Promise<void> => {
        for await (const chunk of chunks) bytes += chunk.length;
      };
      await pipeline(Readable.from(["text ".repeat(1000)]), createGzip(), count);
      return bytes;
    }),
  "files read": () => {
    const folder = mkdtempSync(join(tmpdir(), "plimsoll-clean-"));
    const file = join(folder, "file.txt");
    writeFileSync(file, "text\n".repeat(1000));
    const dispose = (): void => rmSync(folder, { recursive: true });
    return clean(async () => readFileSync(file, "utf8").length + (await readFile(file)).length, dispose);
  },
  "listeners that are removed": () => {
    const emitter = new EventEmitter();
    return clean(async () => {
      const said = once(emitter, "said");
      emitter.emit("said", 1);
      await said;
    });
  },
  "a listener of process that is removed": () =>
    clean(() => {
      const listener = (): void => {};
      process.on("warning", listener);
      process.off("warning", listener);
    }),
  "abort signals": () =>
    clean(() => {
      const controller = new AbortController();
      controller.signal.addEventListener("abort", () => {});
      controller.abort();
    }),
  "asynchronous local storage": () => {
    const storage = new AsyncLocalStorage<object>();
    return clean(async () => storage.run({ id: 1 }, async () => (await sleep(0), storage.getStore())));
  },
  generators: () =>
    clean(() => {
      function* count(): Generator<number> {
        for (let value = 0; value < 10; value += 1) yield value;
      }
      return [...count()];
    }),
  "a proxy": () => clean(() => new Proxy(ORDER, { get: (target, key): unknown => Reflect.get(target, key) }).id),
  sorting: () => clean(() => Array.from({ length: 500 }, (_, index) => (index * 7919) % 500).sort((a, b) => a - b)),
  "requests to a server of its own": async () => {
    const server = createServer((_, response) => response.end("hello")).listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}/`;
    const dispose = (): void => {
      server.closeAllConnections();
      server.close();
    };
    return clean(async () => (await fetch(url)).text(), dispose);
  },
  "a server opened and closed": () =>
    clean(async () => {
      const server = createServer().listen(0, "127.0.0.1");
      await once(server, "listening");
      await new Promise((resolve) => void server.close(resolve));
    }),
};
