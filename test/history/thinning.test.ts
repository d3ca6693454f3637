/** Which steps a thinning keeps: by age, by number, by a rule, and those that stay whatever the rule says. */
import { describe, expect, it } from "vitest";
import { HistoryStore, type Keep, memoryHistory } from "../../src/history/browser.ts";
import { refusal } from "./refusal.ts";

/** A history of 20 steps, one a second; step 3 is tagged, step 12 is the newest of a branch. */
async function makeStore(): Promise<HistoryStore<{ n: number }>> {
  let nowMs = 1_000_000;
  const store = await HistoryStore.open<{ n: number }>({ driver: memoryHistory(), now: () => nowMs });
  for (let n = 1; n <= 12; n++, nowMs += 1000) store.save({ n });
  store.tag("good", 3);
  store.branch("old way");
  await store.goTo("main");
  store.branch("new way");
  for (let n = 13; n <= 20; n++, nowMs += 1000) store.save({ n });
  return store;
}

describe("a thinning", () => {
  it.each<{ name: string; keep: Keep; kept: number[] }>([
    { name: "all", keep: "all", kept: Array.from({ length: 20 }, (_, i) => i + 1) },
    { name: "the last", keep: { last: 4 }, kept: [3, 12, 17, 18, 19, 20] },
    { name: "by age", keep: { withinMs: 3000 }, kept: [3, 12, 18, 19, 20] },
    { name: "by a function", keep: ({ step, timeMs }) => step % 5 === 0 && timeMs > 0, kept: [3, 5, 10, 12, 15, 20] },
  ])("keeps $name, and reports every step that goes", async ({ keep, kept }) => {
    await using store = await makeStore();
    const { evicted, evictedSteps, keptSteps } = await store.thin(keep);
    const gone = evicted.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, i) => from + i));
    expect([...gone, ...kept].sort((one, other) => one - other)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect({ evictedSteps, keptSteps, size: store.size }).toEqual({
      evictedSteps: gone.length,
      keptSteps: kept.length,
      size: kept.length,
    });
    for (const n of kept) expect(await store.load(n)).toEqual({ n });
    for (const n of gone) {
      expect(await refusal(() => store.load(n))).toMatchObject({ code: "ERR_PLIMSOLL_NO_STEP" });
    }
  });

  it("says what a rule may be", async () => {
    await using store = await makeStore();
    const error = await refusal(() => store.thin({ last: -1 }));
    expect(error).toMatchObject({ code: "ERR_PLIMSOLL_BAD_OPTION" });
    expect(store.size).toBe(20);
  });
});
