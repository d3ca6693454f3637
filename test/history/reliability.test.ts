/**
 * What happens to a history when things go wrong: the process is killed, bytes flip, the disk is full, a
 * second writer comes.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fileHistory, type HistoryDriver, HistoryStore, memoryHistory, patch } from "../../src/history/index.ts";
import { killWriter } from "./crash.ts";
import { refusal } from "./refusal.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plimsoll-history-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("a writer that is killed", () => {
  it("has lost no safe step and left no damage, 15 times in a row, in compactions too", async () => {
    let last = 0;
    for (let kill = 0; kill < 15; kill++) {
      const remains = await killWriter(folder, (kill * 37) % 120, kill % 2 === 0 ? 0 : 400);
      expect(remains).toMatchObject({ damages: 0, wrong: [] });
      expect(remains.acknowledged).toBeGreaterThan(0);
      expect(remains.last).toBeGreaterThanOrEqual(Math.max(remains.acknowledged, last));
      last = remains.last;
    }
  });
});

/** A history of 2,000 steps in small segments. */
async function makeHistory(): Promise<void> {
  const store = await HistoryStore.open<object>({
    driver: fileHistory(folder),
    segmentBytes: 4096,
    keyframeBytes: 2048,
  });
  store.save({ n: 0, text: "" });
  for (let i = 1; i < 2000; i++) {
    store.save(patch().set("n", i).set("text", `text number ${i}`));
    if (i % 20 === 0) await store.flush();
  }
  await store.close();
}

function segments(): string[] {
  return readdirSync(folder)
    .filter((name) => /^g\d+-/.test(name))
    .sort();
}

describe("flipped bytes", () => {
  it.each([100, 700, 1500, 2500, 3500])(
    "at byte %i of a middle segment are named, and the rest is read",
    async (offset) => {
      await makeHistory();
      const name = segments()[2] ?? "";
      const bytes = readFileSync(join(folder, name));
      bytes[offset] = (bytes[offset] ?? 0) ^ 0x10;
      writeFileSync(join(folder, name), bytes);
      const store = await HistoryStore.open<{ n: number; text: string }>({ driver: fileHistory(folder) });
      expect(store.damages).toHaveLength(1);
      expect(store.damages[0]).toMatchObject({ file: name });
      const { offset: from = 0, bytes: length = 0 } = store.damages[0] ?? {};
      expect(offset).toBeGreaterThanOrEqual(from);
      expect(offset).toBeLessThan(from + length);
      let whole = 0;
      for (let step = 1; step <= 2000; step++) {
        try {
          const { n } = await store.load(step);
          expect(n).toBe(step - 1);
          whole++;
        } catch (error) {
          expect(error).toMatchObject({ code: "ERR_PLIMSOLL_HISTORY_DAMAGED", details: { file: name } });
        }
      }
      expect(whole).toBeGreaterThan(1000);
      expect((await store.load(2000)).text).toBe("text number 1999");
      await store.close();
    },
  );
});

describe("flipped bytes at the end", () => {
  it("leave the steps before them, and a history that goes on", async () => {
    await makeHistory();
    const name = segments().at(-1) ?? "";
    const bytes = readFileSync(join(folder, name));
    const at = bytes.length - 700;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(join(folder, name), bytes);
    const store = await HistoryStore.open<{ n: number }>({ driver: fileHistory(folder) });
    expect(store.damages).toMatchObject([{ file: name }]);
    const { step } = store;
    expect(step).toBeGreaterThan(1000);
    expect(await store.load()).toMatchObject({ n: step - 1 });
    const next = store.save(patch().set("n", -1));
    expect(await store.load(next)).toMatchObject({ n: -1 });
    await store.close();
  });
});

describe("a log that ends in the middle of a record", () => {
  it.each([1, 5, 8, 60])("is cut by %i bytes, opened, and goes on", async (missing) => {
    await makeHistory();
    const name = segments().at(-1) ?? "";
    const path = join(folder, name);
    const { length } = readFileSync(path);
    truncateSync(path, length - missing);
    const store = await HistoryStore.open<{ n: number }>({ driver: fileHistory(folder) });
    expect(store.damages).toEqual([]);
    expect(store.step).toBeGreaterThan(1900);
    const before = store.step;
    expect((await store.load()).n).toBe(before - 1);
    expect(store.save(patch().set("n", -1))).toBe(before + 1);
    await store.close();
    const again = await HistoryStore.open<{ n: number }>({ driver: fileHistory(folder) });
    expect(await again.load()).toMatchObject({ n: -1 });
    expect(again.damages).toEqual([]);
    await again.close();
  });
});

/** A disk with room for so many bytes; a write that does not fit is cut. */
function smallDisk(driver: HistoryDriver, room: { bytes: number }): HistoryDriver {
  return {
    name: "a small disk",
    async open(mode) {
      const storage = await driver.open(mode);
      return {
        list: () => storage.list(),
        read: (name, offset, length) => storage.read(name, offset, length),
        append(name, bytes) {
          const fits = bytes.subarray(0, room.bytes);
          room.bytes -= fits.length;
          void storage.append(name, fits);
          if (fits.length < bytes.length) throw new Error("ENOSPC: no space left on device, write");
        },
        sync: () => storage.sync(),
        truncate: (name, bytes) => storage.truncate(name, bytes),
        remove: (name) => storage.remove(name),
        close: () => storage.close(),
      };
    },
  };
}

describe("a full disk", () => {
  it("is said, loses nothing that was safe, and is over when there is room again", async () => {
    const inner = memoryHistory();
    const room = { bytes: 3000 };
    const driver = smallDisk(inner, room);
    const store = await HistoryStore.open<{ n: number; text: string }>({ driver });
    store.save({ n: 0, text: "" });
    let safe = 0;
    const failure = await refusal(async () => {
      for (let i = 1; i < 1000; i++) {
        const step = store.save(patch().set("n", i).set("text", "x".repeat(100)));
        await store.flush();
        safe = step;
      }
    });
    expect(failure).toMatchObject({ code: "ERR_PLIMSOLL_UNWRITABLE" });
    expect(String(failure)).toContain("ENOSPC");
    expect(safe).toBeGreaterThan(10);
    expect((await store.load(safe)).n).toBe(safe - 1);
    expect(await refusal(() => store.flush())).toBe(failure);
    expect(await refusal(() => store.close())).toBe(failure);
    room.bytes = 1e6;
    const again = await HistoryStore.open<{ n: number }>({ driver });
    expect(again.step).toBe(safe);
    expect(again.damages).toEqual([]);
    again.save(patch().set("n", -5));
    await again.flush();
    expect((await again.load()).n).toBe(-5);
    await again.close();
  });

  it("in a compaction leaves the history as it was", async () => {
    const room = { bytes: 1e6 };
    const driver = smallDisk(memoryHistory(), room);
    const store = await HistoryStore.open<{ n: number }>({ driver });
    for (let i = 1; i <= 2000; i++) store.save({ n: i });
    await store.flush();
    room.bytes = 500;
    expect(await refusal(() => store.thin({ last: 1500 }))).toMatchObject({ code: "ERR_PLIMSOLL_UNWRITABLE" });
    room.bytes = 1e6;
    expect((await store.load(3)).n).toBe(3);
    expect(store.save({ n: 5 })).toBe(2001);
    expect(await store.thin({ last: 10 })).toMatchObject({ evictedSteps: 1991, evicted: [{ from: 1, to: 1991 }] });
    expect((await store.load(2001)).n).toBe(5);
    await store.close();
  });
});

describe("a second writer", () => {
  it("in another process is refused with the pid of the first", async () => {
    const store = await HistoryStore.open({ driver: fileHistory(folder) });
    const program = `import { fileHistory, HistoryStore } from "plimsoll/history";
      await HistoryStore.open({ driver: fileHistory(${JSON.stringify(folder)}) }).catch((error) => console.log(error.code, error.message));`;
    const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
      encoding: "utf8",
      timeout: 30_000,
      killSignal: "SIGKILL",
      cwd: join(import.meta.dirname, ".."),
    });
    expect(stderr).toBe("");
    expect(stdout).toContain("ERR_PLIMSOLL_HISTORY_LOCKED");
    expect(stdout).toContain(`process ${process.pid}`);
    await store.close();
  });

  it("comes in when the first is gone without a word", async () => {
    writeFileSync(join(folder, "lock"), "999999999 1\n");
    const store = await HistoryStore.open({ driver: fileHistory(folder) });
    store.save(1);
    await store.close();
  });
});
