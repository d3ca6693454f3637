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
