/**
 * Keyframes: equal pages are stored once, and only when their bytes are the same; one that the storage has not taken
 * is never read.
 */
import { describe, expect, it } from "vitest";
import { watched } from "../../bench/history/watched.ts";
import { type HistoryDriver, HistoryStore, memoryHistory, patch, PlimsollError } from "../../src/history/browser.ts";
import { ByteWriter } from "../../src/history/byte-writer.ts";
import { Graph } from "../../src/history/graph.ts";
import { KeyframeWriter } from "../../src/history/keyframe.ts";
import { PageTable } from "../../src/history/page-table.ts";
import { RECORD } from "../../src/history/record.ts";
import { StateWriter } from "../../src/history/state-writer.ts";
import { lateHistory } from "./late-driver.ts";
import { refusal } from "./refusal.ts";

type State = Record<string, string>;

function stateOf(text: string): State {
  return Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`key ${i}`, `${text} ${i}`]));
}

describe("equal pages", () => {
  it("are stored once: a state that goes to and fro costs no pages", async () => {
    const lengths: number[] = [];
    const driver = watched(memoryHistory(), (bytes) => {
      if (bytes[8] === RECORD.keyframe) lengths.push(bytes.length);
    });
    const store = await HistoryStore.open<State>({ driver, keyframeBytes: 1 });
    const states = [stateOf("one"), stateOf("other")];
    for (let i = 0; i < 20; i++) store.save(states[i % 2] ?? {});
    await store.flush();
    expect(lengths).toHaveLength(20);
    expect(lengths[1]).toBeGreaterThan(20_000);
    for (const length of lengths.slice(2)) expect(length).toBeLessThan(100);
    for (let step = 1; step <= 20; step++) expect(await store.load(step)).toEqual(states[(step - 1) % 2]);
    await store.close();
    const again = await HistoryStore.open<State>({ driver });
    for (let step = 1; step <= 20; step++) expect(await again.load(step)).toEqual(states[(step - 1) % 2]);
    expect(again.damages).toEqual([]);
    await again.close();
  });

  it("are those with the same bytes, not with the same checksum", () => {
    const graph = new Graph();
    const states = new StateWriter(graph, false);
    const save = (text: string): void => {
      states.writeState(text);
      graph.commit(new ByteWriter());
    };
    const write = (writer: KeyframeWriter, base: number): number => {
      const writing = writer.write(graph, table, 1, base);
      for (;;) {
        const { done, value } = writing.next();
        if (done === true) return value.length;
      }
    };
    const table = new PageTable();
    let recalled = 0;
    // The log holds other bytes where the page is said to be.
    const writer = new KeyframeWriter(({ length }) => {
      recalled++;
      return new Uint8Array(length);
    });
    save("one");
    const first = write(writer, 1000);
    save("two");
    write(writer, 2000);
    save("one");
    expect(write(writer, 3000)).toBe(first);
    expect(recalled).toBeGreaterThan(0);
    expect(table.get(0)?.position).toBeGreaterThanOrEqual(3000);
  });
});

/** A storage that answers late, and takes nothing any more once `isFull`. */
function failing(full: { isFull: boolean }): HistoryDriver {
  const inner = memoryHistory();
  return lateHistory({
    name: "a full storage",
    async open(mode) {
      const storage = await inner.open(mode);
      return {
        ...storage,
        append(name, bytes) {
          if (full.isFull) throw new Error("no space left");
          return storage.append(name, bytes);
        },
      };
    },
  });
}

describe("a keyframe that a late storage has refused", () => {
  it("is not used: the steps before can be loaded, those after say why not", async () => {
    const full = { isFull: false };
    const store = await HistoryStore.open<State>({ driver: failing(full), keyframeBytes: 1 });
    for (let i = 1; i <= 5; i++) store.save(patch().set([], { n: `${i}`, more: "x".repeat(20_000) }));
    await store.flush();
    full.isFull = true;
    for (let i = 6; i <= 9; i++) store.save(patch().set("n", `${i}`).set("more", "y".repeat(20_000)));
    const failure = await refusal(() => store.flush());
    expect(PlimsollError.is(failure, "ERR_PLIMSOLL_UNWRITABLE")).toBe(true);
    for (let step = 1; step <= 5; step++) expect((await store.load(step)).n).toBe(`${step}`);
    for (let step = 6; step <= 9; step++) expect(await refusal(() => store.load(step))).toBe(failure);
    full.isFull = false;
    await refusal(() => store.close());
  });
});
