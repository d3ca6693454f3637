/** The queue against a plain array, whatever is pushed and taken, in memory, on disk and opened again. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { bytesCodec, jsonCodec } from "../../../src/budget/spill/codec.ts";
import { SpillQueue, type SpillQueueOptions } from "../../../src/budget/spill/spill-queue.ts";
import { testFolder } from "./folders.ts";

/** A value whose size differs much from one to the next. */
function valueOf(serial: number): { serial: number; text: string } {
  return { serial, text: "x".repeat((serial * 37) % 400) };
}

const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ push: fc.integer({ min: 1, max: 60 }) }) },
    { weight: 5, arbitrary: fc.record({ shift: fc.integer({ min: 1, max: 60 }) }) },
    { weight: 1, arbitrary: fc.constant({ flush: true }) },
    { weight: 1, arbitrary: fc.constant({ reopen: true }) },
  ),
  { minLength: 1, maxLength: 25 },
);

it.each([true, false])("is an array to whoever uses it (in a folder of its own: %s)", async (isDurable) => {
  const parent = testFolder();
  let serial = 0;
  await fc.assert(
    fc.asyncProperty(steps, fc.constantFrom(2_000, 20_000), async (list, memory) => {
      const folder = join(parent, String((serial += 1)));
      const options: SpillQueueOptions<object> = {
        memory,
        segmentBytes: 5_000,
        ...(isDurable ? { folder } : { directory: parent }),
      };
      let queue = new SpillQueue<object>(options);
      const model: object[] = [];
      let pushed = 0;
      for (const step of list) {
        if ("push" in step) {
          for (let i = 0; i < step.push; i += 1) {
            const value = valueOf(pushed++);
            queue.push(value);
            model.push(value);
          }
        } else if ("shift" in step) {
          for (let i = 0; i < step.shift; i += 1) expect(queue.shift()).toEqual(model.shift());
        } else if ("flush" in step) await queue.flush();
        else if (isDurable) {
          queue.close();
          queue = new SpillQueue(options);
        }
        expect(queue.length).toBe(model.length);
        expect(queue.memoryBytes).toBeLessThanOrEqual(memory + Math.max(512, memory / 16));
      }
      expect([...queue.drain()]).toEqual(model);
      expect(queue.shift()).toBeUndefined();
      queue.close();
    }),
    { numRuns: 60 },
  );
});

it("leaves no name in the folder for temporary files while it runs, and is readable by its owner alone", () => {
  const directory = testFolder();
  using queue = new SpillQueue<Uint8Array>({ memory: 4_096, directory, codec: bytesCodec });
  for (let i = 0; i < 200; i += 1) queue.push(new Uint8Array(100).fill(i));
  expect(queue.diskBytes).toBeGreaterThan(10_000);
  const [scratch] = readdirSync(directory);
  expect(readdirSync(join(directory, scratch ?? ""))).toEqual([]);
  expect(statSync(join(directory, scratch ?? "")).mode & 0o777).toBe(0o700);
  expect([...queue.drain()].map((bytes) => bytes[0])).toEqual(Array.from({ length: 200 }, (_, i) => i));
});

it("removes segments as they are read", async () => {
  const folder = join(testFolder(), "queue");
  using queue = new SpillQueue<number[]>({ memory: 4_096, folder, segmentBytes: 2_000, codec: jsonCodec() });
  for (let i = 0; i < 100; i += 1) queue.push([i, ...new Array<number>(50).fill(1)]);
  await queue.flush();
  const before = segmentsIn(folder);
  expect(before.length).toBeGreaterThan(4);
  expect(statSync(before[0] ?? "").mode & 0o777).toBe(0o600);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  for (let i = 0; i < 90; i += 1) expect(queue.shift()?.[0]).toBe(i);
  await Promise.all([queue.flush(), queue.flush(), queue.flush()]);
  expect(segmentsIn(folder).length).toBeLessThanOrEqual(2);
  expect(segmentsIn(folder).at(-1)).toBe(before.at(-1));
});

it.each(["length", "payload"])(
  "comes back up to a record whose %s was flipped, and keeps the rest aside",
  async (part) => {
    const folder = join(testFolder(), "queue");
    const first = new SpillQueue<string>({ memory: "1mb", folder, codec: jsonCodec() });
    for (let i = 0; i < 10; i += 1) first.push(`value ${i}`);
    await first.flush();
    first.close();
    const [path = ""] = segmentsIn(folder);
    const bytes = readFileSync(path);
    const record = bytes.length / 10;
    const at = 6 * record + (part === "length" ? 2 : 10);
    bytes[at] = (bytes[at] ?? 0) ^ 4;
    writeFileSync(path, bytes);
    using second = new SpillQueue<string>({ memory: "1mb", folder, codec: jsonCodec() });
    expect(second.recovery).toEqual({ records: 6, cutBytes: 0, damaged: [`${path}.damaged`] });
    expect(readFileSync(`${path}.damaged`)).toEqual(bytes.subarray(6 * record));
    second.push("new");
    expect([...second.drain()]).toEqual([0, 1, 2, 3, 4, 5].map((i) => `value ${i}`).concat("new"));
  },
);

it("names a byte that was flipped while it runs", async () => {
  const folder = join(testFolder(), "queue");
  const queue = new SpillQueue<string>({ memory: "1mb", folder, codec: jsonCodec() });
  for (let i = 0; i < 10; i += 1) queue.push(`value ${i}`);
  await queue.flush();
  const [path = ""] = segmentsIn(folder);
  const bytes = readFileSync(path);
  const record = bytes.length / 10;
  bytes[3 * record + 10] = 1;
  writeFileSync(path, bytes);
  for (let i = 0; i < 3; i += 1) expect(queue.shift()).toBe(`value ${i}`);
  const named = { code: "ERR_PLIMSOLL_SPILL_CORRUPT", details: { path, offset: 3 * record } };
  expect(() => queue.shift()).toThrow(expect.objectContaining(named));
  expect(queue.length).toBe(7);
  queue.close();
});

it("cuts off a record that a crash left half written", async () => {
  const folder = join(testFolder(), "queue");
  const first = new SpillQueue<string>({ memory: "1mb", folder, codec: jsonCodec() });
  first.push("whole");
  await first.flush();
  first.close();
  const [path = ""] = segmentsIn(folder);
  writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.from([9, 0, 0, 0, 1, 2, 3, 4, 5])]));
  using second = new SpillQueue<string>({ memory: "1mb", folder, codec: jsonCodec() });
  expect(second.recovery).toEqual({ records: 1, cutBytes: 9, damaged: [] });
  expect([...second.drain()]).toEqual(["whole"]);
});

it("is used by one process at a time, and refuses what comes after its end", () => {
  const folder = join(testFolder(), "queue");
  const queue = new SpillQueue<string>({ memory: "1mb", folder });
  const inUse = expect.objectContaining({ code: "ERR_PLIMSOLL_SPILL_CLOSED" }) as Error;
  expect(() => new SpillQueue<string>({ memory: "1mb", folder })).toThrow(inUse);
  queue.close();
  expect(() => queue.push("late")).toThrow(inUse);
  expect(existsSync(join(folder, "owner"))).toBe(false);
});

function segmentsIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".queue"))
    .sort()
    .map((name) => join(folder, name));
}
