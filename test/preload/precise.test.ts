/** V8 bills inlined functions to their callers; on request each is billed for itself, on every Node line. */
import { setTimeout as sleep } from "node:timers/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { availableNodes } from "../support/nodes.ts";
import { converse } from "./conversation.ts";
import { makeFiles } from "./watched.ts";

/** Each program keeps what the function named in the key makes, through callers that are worth inlining. */
const PROGRAMS: Readonly<Record<string, { file: string; line: number; text: string }>> = {
  makeSession: {
    file: "async-handler.cjs",
    line: 2,
    text: `const store = globalThis.store = [];
function makeSession(id) { return { id, data: [id, id, id, id, id, id, id, id] }; }
function remember(id) { const one = makeSession(id); store.push(one); return one; }
async function handler(id) { return remember(id).id; }
setInterval(async () => { for (let id = 0; id < 3000; id++) await handler(id); }, 10);`,
  },
  Session: {
    file: "class.mjs",
    line: 2,
    text: `class Session {
  constructor(id) { this.id = id; this.data = [id, id, id, id, id, id, id, id]; }
}
class Cache {
  kept = [];
  add(id) { this.kept.push(new Session(id)); }
  fill(count) { for (let id = 0; id < count; id++) this.add(id); }
}
const cache = globalThis.cache = new Cache();
setInterval(() => cache.fill(3000), 10);`,
  },
  toRow: {
    file: "arrow.cjs",
    line: 1,
    text: `const toRow = (id) => ({ id, cells: [id, id, id, id, id, id, id, id] });
const kept = globalThis.kept = [];
const load = (count) => { for (let id = 0; id < count; id++) kept.push(toRow(id)); };
setInterval(() => load(3000), 10);`,
  },
  "(module)": {
    file: "module-level.mjs",
    line: 1,
    text: `import { setTimeout as sleep } from "node:timers/promises";
const kept = globalThis.kept = [];
for (;;) {
  for (let id = 0; id < 3000; id++) kept.push({ id, cells: [id, id, id, id, id, id, id, id] });
  await sleep(10);
}`,
  },
};

describe.each(availableNodes())("on Node $version", ({ path: node }) => {
  it.each(Object.entries(PROGRAMS))("bills %s", async (name, { file, line, text }) => {
    using files = makeFiles({ [file]: text });
    const profile = await converse({ node, args: [join(files.path, file)] }, async (main) => {
      // Long enough that everything is optimised, callers and all.
      await sleep(800);
      main.ask({ type: "precise", samplingIntervalBytes: 16 << 10 });
      await sleep(700);
      main.ask({ type: "profile" });
      return main.next("profile");
    });
    expect(profile.precise).toBe(true);
    expect(profile.samplingIntervalBytes).toBe(16 << 10);
    const bytesBy = new Map<string, number>();
    for (const { where, bytes } of profile.sites) {
      const key = `${where.function}:${where.line}`;
      bytesBy.set(key, (bytesBy.get(key) ?? 0) + bytes);
    }
    expect(bytesBy.get(`${name}:${line}`) ?? 0).toBeGreaterThan(0.6 * profile.totalBytes);
    expect(profile.sites[0]?.where.file).toBe(join(files.path, file));
  });

  it("restarts at most once a minute, starts workers afterwards, and collects on request", async () => {
    using files = makeFiles({
      "later.cjs": `const { Worker } = require("node:worker_threads");
        setTimeout(() => new Worker("setTimeout(() => {}, 10000)", { eval: true }), 300);
        globalThis.kept = Array.from({ length: 1000 }, () => Buffer.alloc(10000));
        setTimeout(() => { globalThis.kept = undefined; }, 200);`,
    });
    await converse({ node, args: [join(files.path, "later.cjs")] }, async (main) => {
      main.ask({ type: "precise", samplingIntervalBytes: 16 << 10 });
      main.ask({ type: "precise", samplingIntervalBytes: 32 << 10 });
      expect(await main.next("worker")).toMatchObject({ threadId: 1 });
      main.ask({ type: "profile" });
      expect(await main.next("profile")).toMatchObject({ precise: true, samplingIntervalBytes: 16 << 10 });
      main.ask({ type: "collect" });
      const forced = await nextForced(main);
      expect(forced?.usedBytes).toBeGreaterThan(1e6);
      expect(forced?.arrayBuffersBytes).toBeLessThan(2e6);
      expect(forced?.externalBytes).toBeLessThan(8e6);
    });
  });
});

async function nextForced(main: Parameters<Parameters<typeof converse>[1]>[0]) {
  for (let tries = 0; tries < 20; tries += 1) {
    const forced = (await main.next("collections")).majors.find((major) => major.forced);
    if (forced) return forced;
  }
  return undefined;
}
