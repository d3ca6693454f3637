/** The weak helpers: a table of names that frees what nobody uses, and facts that go with their objects. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { Metadata, SymbolTable } from "../../src/history/browser.ts";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void;

describe("a symbol table", () => {
  it("gives the same symbol for the same name while it is held", () => {
    const table = new SymbolTable();
    const one = table.intern("one");
    expect(table.intern("one")).toBe(one);
    expect(table.intern("other")).not.toBe(one);
    expect(table.find("one")).toBe(one);
    expect(table.find("never")).toBeUndefined();
    expect(one.name).toBe("one");
  });

  it("frees the names that nobody holds, and keeps the others", async () => {
    const table = new SymbolTable();
    const kept = table.intern("kept");
    for (let i = 0; i < 20_000; i++) table.intern(`name-${i}`);
    expect(table.size).toBe(20_001);
    for (let round = 0; round < 50 && table.size > 1; round++) {
      await sleep(5);
      gc();
    }
    expect(table.size).toBe(1);
    expect(table.intern("kept")).toBe(kept);
  });
});

describe("metadata", () => {
  it("belongs to an object and follows it", () => {
    const places = new Metadata<{ readonly line: number }>();
    const one = places.set({ name: "one" }, { line: 1 });
    const two = places.copy(one, { name: "two" });
    expect(places.get(two)).toEqual({ line: 1 });
    expect(places.get({})).toBeUndefined();
    expect(places.ensure(one, () => ({ line: 9 }))).toEqual({ line: 1 });
    const three = {};
    expect(places.ensure(three, () => ({ line: 3 }))).toBe(places.get(three));
    expect(places.copy({}, three)).toBe(three);
    expect(places.get(three)).toEqual({ line: 3 });
  });
});
