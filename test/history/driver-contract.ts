/**
 * What every driver of a history must do, whatever it stands on: the files of the interface first, then a
 * whole store on top of them, through closing and opening again.
 */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { refusal } from "./refusal.ts";
import {
  type HistoryDriver,
  type HistoryStorage,
  HistoryStore,
  patch,
  PlimsollError,
} from "../../src/history/browser.ts";

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

/** What lies in a place, in all. */
async function bytesOf(driver: HistoryDriver): Promise<number> {
  const reader = await driver.open("read");
  const files = await reader.list();
  await reader.close();
  return files.reduce((sum, file) => sum + file.bytes, 0);
}

/** Declares the tests; `make` gives an empty place for each. */
export function describeDriver(name: string, make: () => Promise<HistoryDriver> | HistoryDriver): void {
  describe(`the driver "${name}"`, () => {
    let driver: HistoryDriver;

    beforeEach(async () => {
      driver = await make();
    });

    describe("its files", () => {
      let storage: HistoryStorage;

      beforeEach(async () => {
        storage = await driver.open("write");
      });

      afterEach(async () => {
        await storage.close();
      });

      it("append, and are read in any pieces", async () => {
        await storage.append("one", bytes(1, 2, 3));
        await storage.append("two", bytes(9));
        await storage.append("one", bytes(4, 5));
        expect(await storage.read("one", 0, 5)).toEqual(bytes(1, 2, 3, 4, 5));
        expect(await storage.read("one", 2, 2)).toEqual(bytes(3, 4));
        expect(await storage.read("one", 4, 100)).toEqual(bytes(5));
        expect(await storage.read("one", 5, 1)).toEqual(bytes());
        expect(await storage.read("two", 0, 1)).toEqual(bytes(9));
        const files = [...(await storage.list())].sort((a, b) => (a.name < b.name ? -1 : 1));
        expect(files).toEqual([
          { name: "one", bytes: 5 },
          { name: "two", bytes: 1 },
        ]);
      });

      it("answer nothing where there is nothing", async () => {
        expect(await storage.list()).toEqual([]);
        expect(await storage.read("none", 0, 10)).toEqual(bytes());
        await storage.remove("none");
      });

      it("copy what they are given", async () => {
        const given = bytes(1, 2);
        const appended = storage.append("one", given);
        given.fill(7);
        await appended;
        expect(await storage.read("one", 0, 2)).toEqual(bytes(1, 2));
      });

      it("take appends in their order without being awaited", async () => {
        const appends = Array.from({ length: 50 }, (_, i) => Promise.resolve(storage.append("one", bytes(i, i))));
        await Promise.all(appends);
        const expected = Uint8Array.from({ length: 100 }, (_, i) => i >> 1);
        expect(await storage.read("one", 0, 100)).toEqual(expected);
      });

      it("are cut, and go on from there", async () => {
        await storage.append("one", bytes(1, 2, 3));
        await storage.append("one", bytes(4, 5, 6));
        await storage.truncate("one", 4);
        await storage.append("one", bytes(8));
        expect(await storage.read("one", 0, 10)).toEqual(bytes(1, 2, 3, 4, 8));
        await storage.truncate("one", 0);
        expect(await storage.read("one", 0, 10)).toEqual(bytes());
      });

      it("are removed", async () => {
        await storage.append("one", bytes(1));
        await storage.append("two", bytes(2));
        await storage.remove("one");
        expect((await storage.list()).map((file) => file.name)).toEqual(["two"]);
        expect(await storage.read("one", 0, 1)).toEqual(bytes());
      });

      it("are there again after closing", async () => {
        await storage.append("one", bytes(1, 2));
        await storage.sync();
        await storage.close();
        storage = await driver.open("write");
        await storage.append("one", bytes(3));
        expect(await storage.read("one", 0, 10)).toEqual(bytes(1, 2, 3));
      });

      it("have one writer, and readers beside it", async () => {
        const second = await refusal(async () => driver.open("write"));
        expect(PlimsollError.is(second, "ERR_PLIMSOLL_HISTORY_LOCKED")).toBe(true);
        await storage.append("one", bytes(1));
        const reader = await driver.open("read");
        expect(await reader.read("one", 0, 1)).toEqual(bytes(1));
        await reader.close();
        await storage.close();
        await storage.close();
        storage = await driver.open("write");
      });
    });

    describe("a store on it", () => {
      it("finds its steps, branches and tags again", async () => {
        const options = { driver, segmentBytes: 4096, memory: "2mb" };
        const first = await HistoryStore.open<Record<string, unknown>>(options);
        first.save({ text: "ä".repeat(500), list: [1, 2, 3] });
        for (let i = 0; i < 500; i++) first.save(patch().set("last", "x".repeat(i)).set("n", { i }));
        first.tag("middle", 250);
        await first.goTo(100);
        first.branch("other");
        const branched = first.save(patch().set("here", "on the other branch"));
        await first.close();

        const second = await HistoryStore.open<Record<string, unknown>>(options);
        expect(second.size).toBe(502);
        expect(second.step).toBe(branched);
        expect(second.currentBranch).toBe("other");
        expect([...second.tags]).toEqual([["middle", 250]]);
        expect([...second.branches]).toEqual([
          ["main", 501],
          ["other", branched],
        ]);
        expect(await second.load(251)).toEqual({
          text: "ä".repeat(500),
          list: [1, 2, 3],
          n: { i: 249 },
          last: "x".repeat(249),
        });
        expect(await second.load()).toMatchObject({ n: { i: 98 }, here: "on the other branch" });
        expect(await second.goTo("main")).toBe(501);
        expect(await second.at(501).get(["n", "i"])).toBe(499);
        expect(second.damages).toEqual([]);
        await second.close();
      });

      it("is thinned: what is gone is reported, the rest is there, and so it is when it was opened again", async () => {
        const options = { driver, segmentBytes: 4096, keyframeBytes: 1024 };
        const first = await HistoryStore.open<{ n: number; text: string }>(options);
        first.save({ n: 1, text: "" });
        for (let n = 2; n <= 300; n++) first.save(patch().set("n", n).set("text", "x".repeat(n)));
        first.tag("kept", 7);
        await first.flush();
        const before = await bytesOf(driver);
        const thinning = await first.thin(({ step }) => step % 50 === 0);
        expect(thinning).toEqual({
          evicted: [1, 8, 51, 101, 151, 201, 251].map((from, at) => ({
            from,
            to: [6, 49, 99, 149, 199, 249, 299][at],
          })),
          evictedSteps: 293,
          keptSteps: 7,
        });
        expect(await bytesOf(driver)).toBeLessThan(before / 2);
        const check = async (store: HistoryStore<{ n: number; text: string }>): Promise<void> => {
          const there: number[] = [];
          for await (const { step } of store) there.push(step);
          expect(there).toEqual([7, 50, 100, 150, 200, 250, 300]);
          for (const n of there) expect(await store.load(n)).toEqual({ n, text: "x".repeat(n) });
          for (const n of [1, 8, 299]) {
            expect(await refusal(() => store.load(n))).toMatchObject({ code: "ERR_PLIMSOLL_NO_STEP" });
          }
        };
        await check(first);
        expect(first.save(patch().set("n", 301))).toBe(301);
        expect(await first.thin("all")).toEqual({ evicted: [], evictedSteps: 0, keptSteps: 8 });
        expect(await first.thin({ last: 7 })).toEqual({ evicted: [], evictedSteps: 0, keptSteps: 8 });
        await first.goTo(300);
        await first.close();
        const second = await HistoryStore.open<{ n: number; text: string }>(options);
        expect(second.lastStep).toBe(301);
        expect(await second.thin(({ step }) => step <= 300)).toEqual({ evicted: [], evictedSteps: 0, keptSteps: 8 });
        await second.close();
      });

      it("is read by a second store while it is written", async () => {
        const writer = await HistoryStore.open<{ n: number }>({ driver });
        writer.save({ n: 1 });
        await writer.flush();
        const reader = await HistoryStore.open<{ n: number }>({ driver, readOnly: true });
        expect(await reader.load(1)).toEqual({ n: 1 });
        writer.save({ n: 2 });
        await writer.flush();
        expect(await reader.refresh()).toBe(2);
        expect(await reader.load(2)).toEqual({ n: 2 });
        expect(() => reader.save({ n: 3 })).toThrow(/readOnly/);
        await reader.close();
        await writer.close();
      });
    });
  });
}
