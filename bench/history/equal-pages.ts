/** A program that goes to and fro between two states: what its keyframes add once both were there. */
import { HistoryStore, memoryHistory } from "plimsoll/history";
import { median } from "simple-statistics";
import type { BenchRow } from "../support/results.ts";
import { watched } from "./watched.ts";
import { change, type Workload } from "./workloads.mjs";

const SAVES = 40;
/** Enough to change every page. */
const EDITS = 20_000;
/** The type of a keyframe's record, in its ninth byte. */
const KEYFRAME = 3;
const TYPE_AT = 8;

/** The row: bytes of a keyframe of a state that was there before, beside those of one that was not. */
export async function measureEqualPages({ title, make, edit }: Workload): Promise<BenchRow> {
  const keyframes: number[] = [];
  const driver = watched(memoryHistory(), (bytes) => {
    if (bytes[TYPE_AT] === KEYFRAME) keyframes.push(bytes.length);
  });
  await using store = await HistoryStore.open({ driver, memory: "64mb", keyframeBytes: 1 });
  const other = make();
  for (let step = 1; step <= EDITS; step++) change(other, edit(step));
  const states = [make(), other];
  for (let i = 0; i < SAVES; i++) store.save(states[i % 2]);
  await store.flush();
  return {
    name: `${title}, two states in turns: what a keyframe adds when its pages are there already`,
    value: median(keyframes.slice(2)),
    unit: "B",
    goal: "<= 100",
    peers: { "the first keyframe of the state": keyframes[1] ?? 0 },
  };
}
