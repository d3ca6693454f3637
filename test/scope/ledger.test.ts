import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { afterEach, describe, expect, it } from "vitest";
import { CreationSamples } from "../../src/scope/creation-samples.ts";
import { adopt, ledger, scope } from "../../src/scope/index.ts";
import { Frame } from "../../src/scope/frame.ts";
import { LedgerBook } from "../../src/scope/ledger.ts";
import { FakeClock } from "../monitor/fake-clock.ts";
import { Counted, countedAdapter } from "./counted.ts";

const heard: unknown[] = [];
const listen = (message: unknown): void => void heard.push(message);
afterEach(() => {
  heard.length = 0;
});

describe("the ledger", () => {
  it("counts exactly and names the places of what lives", () => {
    using _adoption = adopt(countedAdapter);
    const kept: Counted[] = [];
    function leakingStep(): void {
      kept.push(new Counted());
    }
    for (let i = 0; i < 10_000; i++) {
      leakingStep();
      scope(() => new Counted().label);
    }
    const [row] = ledger.report().rows;
    expect(row).toMatchObject({ name: "counted", created: 20_000, released: 10_000, live: 10_000 });
    const [site] = row?.sites ?? [];
    expect(site?.place).toContain("leakingStep");
    expect(site?.live).toBeGreaterThan(7000);
    expect(site?.live).toBeLessThan(13_000);
    expect(row?.bytes).toBe((site?.live ?? 0) * 1000);
    expect(row?.sites).toHaveLength(1);
  });

  it("notes every place on replay", () => {
    using _adoption = adopt(countedAdapter);
    for (let i = 0; i < 500; i++) new Counted();
    using _replay = ledger.replay("counted");
    const kept = Array.from({ length: 300 }, () => new Counted());
    const fromHere = ledger.report().rows[0]?.sites.find(({ place }) => place.includes("ledger.test.ts"));
    expect(kept).toHaveLength(300);
    expect(fromHere?.live).toBeGreaterThanOrEqual(300);
  });

  it("tells its listeners once a second, and of a scope whose promise never settles", () => {
    const clock = new FakeClock();
    const book = new LedgerBook(clock);
    const closing = book.open(countedAdapter);
    subscribe("plimsoll:ledger:report", listen);
    subscribe("plimsoll:scope:stalled", listen);
    const watched = book.watch(new Frame(undefined, clock.now(), new Error("opened here")));
    clock.advance(3000);
    expect(heard).toHaveLength(3);
    heard.length = 0;
    clock.advance(60_000);
    expect(heard.filter((message) => !Object.hasOwn(message as object, "rows"))).toEqual([
      { place: expect.stringContaining("ledger.test.ts"), ageMs: 60_000, values: 0 },
    ]);
    expect(book.report().openScopes).toHaveLength(1);
    watched[Symbol.dispose]();
    closing[Symbol.dispose]();
    clock.advance(2000);
    expect(clock.timers).toBe(0);
    unsubscribe("plimsoll:ledger:report", listen);
    unsubscribe("plimsoll:scope:stalled", listen);
  });
});

describe("samples of places", () => {
  it("stay bounded, and stand for all that lives", () => {
    const samples = new CreationSamples(undefined, () => 0);
    const values = Array.from({ length: 400_000 }, () => ({}));
    for (const value of values) samples.add(value);
    const list = samples.list();
    expect(list.length).toBeLessThanOrEqual(2048);
    const estimate = list.reduce((sum, { weight }) => sum + weight, 0);
    expect(estimate).toBeGreaterThan(360_000);
    expect(estimate).toBeLessThan(440_000);
    for (const value of values) samples.delete(value);
    expect(samples.list()).toEqual([]);
  });
});
