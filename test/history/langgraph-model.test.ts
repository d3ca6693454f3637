/** Any sequence of checkpoints, forks, writes, deletions and openings again leaves what LangGraph's own saver in memory has. */
import { type CheckpointTuple, MemorySaver, uuid6 } from "@langchain/langgraph-checkpoint";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type HistoryDriver, memoryHistory, PlimsollError } from "../../src/history/index.ts";
import { HistorySaver } from "../../src/history/langgraph/index.ts";
import { refusal } from "./refusal.ts";

type Config = CheckpointTuple["config"];
type Metadata = NonNullable<CheckpointTuple["metadata"]>;

const METADATA: Metadata = { source: "loop", step: 1, parents: {} };

/** Both savers, and every checkpoint that was put. */
interface World {
  readonly driver: HistoryDriver;
  saver: HistorySaver;
  readonly model: MemorySaver;
  configs: Config[];
  clock: number;
}

type Act = (world: World) => Promise<void>;

const value = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>(new Map([["a", 1]]), new Set([1]), undefined, [Uint8Array.of(1, 2)], {
    __proto__: null,
    7: 1,
  }),
);
const channel = fc.constantFrom("messages", "notes", "__proto__x", "1");
const namespace = fc.oneof(
  { weight: 3, arbitrary: fc.constant("") },
  fc.integer({ min: 0, max: 9 }).map((n) => `child:${n}`),
);
const thread = fc.constantFrom("one", "two", "__proto", "π/..");

function put(config: Config, change: Readonly<Record<string, unknown>>): Act {
  return async (world) => {
    const before = config.configurable?.checkpoint_id ? (await world.model.getTuple(config))?.checkpoint : undefined;
    const clock = ++world.clock;
    const versions = Object.fromEntries(Object.keys(change).map((name) => [name, clock]));
    const checkpoint = {
      v: 4,
      id: uuid6(clock),
      ts: new Date(clock).toISOString(),
      channel_values: { ...before?.channel_values, ...change },
      channel_versions: { ...before?.channel_versions, ...versions },
      versions_seen: { node: { ...versions } },
    };
    const metadata: Metadata = { ...METADATA, step: clock % 3 };
    await world.model.put(config, checkpoint, metadata);
    world.configs.push(await world.saver.put(config, checkpoint, metadata, versions));
  };
}

const acts: fc.Arbitrary<Act>[] = [
  fc
    .tuple(thread, namespace, fc.dictionary(channel, value))
    .map(([thread_id, checkpoint_ns, change]) => put({ configurable: { thread_id, checkpoint_ns } }, change)),
  ...[1, 2, 3].map(() =>
    fc
      .tuple(fc.nat(), fc.boolean(), fc.dictionary(channel, value))
      .map(([pick, isNewest, change]): Act => async (world) => {
        const config = isNewest ? world.configs.at(-1) : world.configs[pick % (world.configs.length || 1)];
        if (config) await put(config, change)(world);
      }),
  ),
  fc
    .tuple(fc.nat(), fc.array(fc.tuple(fc.oneof(channel, fc.constant("__error__")), value)), fc.constantFrom("a", "b"))
    .map(([pick, writes, task]): Act => async (world) => {
      const config = world.configs[pick % (world.configs.length || 1)];
      if (!config) return;
      await world.model.putWrites(config, writes, task);
      await world.saver.putWrites(config, writes, task);
    }),
  fc.constant<Act>(async (world) => {
    await world.saver.close();
    world.saver = await HistorySaver.open({ driver: world.driver });
  }),
  fc.tuple(thread, fc.integer({ min: 0, max: 3 })).map(([name, dice]): Act => async (world) => {
    if (dice > 0) return;
    await world.model.deleteThread(name);
    await world.saver.deleteThread(name);
    world.configs = world.configs.filter((config) => config.configurable?.thread_id !== name);
  }),
];

async function all(saver: {
  list(config: Config): AsyncGenerator<CheckpointTuple>;
}): Promise<Map<string, CheckpointTuple>> {
  const tuples = new Map<string, CheckpointTuple>();
  for await (const tuple of saver.list({})) tuples.set(JSON.stringify(tuple.config), tuple);
  return tuples;
}

describe("a saver of histories", () => {
  it("has what LangGraph's own has", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(...acts), { maxLength: 30 }), async (sequence) => {
        const driver = memoryHistory();
        const saver = await HistorySaver.open({ driver });
        const world: World = { driver, saver, model: new MemorySaver(), configs: [], clock: 0 };
        for (const act of sequence) await act(world);
        expect(await all(world.saver)).toEqual(await all(world.model));
        for (const { configurable } of world.configs) {
          const { thread_id, checkpoint_ns } = configurable ?? {};
          const newest = { configurable: { thread_id, checkpoint_ns } };
          expect(await world.saver.getTuple(newest)).toEqual(await world.model.getTuple(newest));
        }
        await world.saver.close();
      }),
      { numRuns: 100 },
    );
  });

  const text = "x".repeat(200_000);
  const change = (name: string): Act => put({ configurable: { thread_id: name } }, { text: `${name} ${text}` });
  const textOf = async (saver: HistorySaver, thread_id: string): Promise<unknown> =>
    (await saver.get({ configurable: { thread_id } }))?.channel_values.text;

  it("keeps many threads in the memory of a few, whatever comes at the same time", async () => {
    const driver = memoryHistory();
    const saver = await HistorySaver.open({ driver, memory: "2mb" });
    const names = Array.from({ length: 40 }, (_, i) => `thread ${i}`);
    const world: World = { driver, saver, model: new MemorySaver(), configs: [], clock: 0 };
    await Promise.all(names.slice(0, 5).map((name) => change(name)(world)));
    for (const name of names) await change(name)(world);
    for (const name of names) expect(await textOf(saver, name)).toBe(`${name} ${text}`);
    await saver.close();
  });

  it("loses nothing when the storage is full, and says so", async () => {
    const memory = memoryHistory();
    let isFull = false;
    const driver: HistoryDriver = {
      name: "small",
      async open(mode) {
        const storage = await memory.open(mode);
        return {
          ...storage,
          append(name, bytes) {
            if (!isFull) return storage.append(name, bytes);
            void storage.append(name, bytes.subarray(0, 7));
            throw new Error("no space left");
          },
        };
      },
    };
    const saver = await HistorySaver.open({ driver });
    const world: World = { driver, saver, model: new MemorySaver(), configs: [], clock: 0 };
    await change("one")(world);
    const before = await saver.getTuple({ configurable: { thread_id: "one" } });
    isFull = true;
    for (const name of ["one", "two", "one"]) {
      const error = await refusal(() => change(name)(world));
      expect(String(error)).toContain("no space left");
    }
    expect(await saver.getTuple({ configurable: { thread_id: "one" } })).toEqual(before);
    await refusal(() => saver.close());
    isFull = false;
    await using again = await HistorySaver.open({ driver });
    expect(await again.getTuple({ configurable: { thread_id: "one" } })).toEqual(before);
    await change("one")({ ...world, saver: again });
    expect(await all(again)).toHaveProperty("size", 2);
  });

  it("removes the files of a thread that was deleted", async () => {
    const driver = memoryHistory();
    const saver = await HistorySaver.open({ driver });
    const world: World = { driver, saver, model: new MemorySaver(), configs: [], clock: 0 };
    await change("one")(world);
    await saver.deleteThread("one");
    await saver.deleteThread("none");
    await saver.close();
    const storage = await driver.open("read");
    const files = await storage.list();
    expect(files.map(({ name }) => name.split("-")[0])).toEqual(["threads", "threads"]);
    expect(files.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(2000);
  });

  it("keeps the bytes of a serialiser that is not JSON, even one that says so", async () => {
    const flip = (bytes: Uint8Array): Uint8Array => bytes.map((byte) => byte ^ 255);
    const json = new MemorySaver().serde;
    const serde: MemorySaver["serde"] = {
      async dumpsTyped(given) {
        const [type, bytes] = await json.dumpsTyped(given);
        return [type, flip(bytes)];
      },
      loadsTyped: (type, data) => json.loadsTyped(type, typeof data === "string" ? data : flip(data)),
    };
    const driver = memoryHistory();
    const saver = await HistorySaver.open({ driver, serde });
    const world: World = { driver, saver, model: new MemorySaver(), configs: [], clock: 0 };
    await change("one")(world);
    expect(await textOf(saver, "one")).toBe(`one ${text}`);
    await saver.close();
  });

  it("names what is missing in a configuration", async () => {
    await using saver = await HistorySaver.open({ driver: memoryHistory() });
    const error = await refusal(() => saver.putWrites({ configurable: { thread_id: "one" } }, [], "task"));
    expect(PlimsollError.is(error, "ERR_PLIMSOLL_BAD_OPTION")).toBe(true);
    expect(String(error)).toContain("checkpoint_id");
  });
});
