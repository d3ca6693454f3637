/**
 * What a checkpoint of LangGraph costs: a state of 190 kB that stays, and messages that grow by 230 bytes at each
 * step, kept by `HistorySaver` in files and by LangGraph's own `MemorySaver`, in turns. `npm run bench:langgraph`.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type BaseCheckpointSaver,
  type CheckpointTuple,
  emptyCheckpoint,
  MemorySaver,
  uuid6,
} from "@langchain/langgraph-checkpoint";
import { median } from "simple-statistics";
import { fileHistory } from "plimsoll/history";
import { HistorySaver } from "plimsoll/history/langgraph";
import { type BenchRow, writeResults } from "./support/results.ts";

const STEPS = 300;
const ROUNDS = 3;
const STATIC_BYTES = 190_000;
const MESSAGE_BYTES = 230;

/** One run of a graph. */
interface Run {
  readonly putUs: number;
  readonly getUs: number;
  readonly newest: CheckpointTuple | undefined;
}

async function run(saver: BaseCheckpointSaver): Promise<Run> {
  const files = Object.fromEntries(
    Array.from({ length: 19 }, (_, i) => [`file ${i}`, `${i} `.repeat(STATIC_BYTES).slice(0, STATIC_BYTES / 19)]),
  );
  let config: CheckpointTuple["config"] = { configurable: { thread_id: "one", checkpoint_ns: "" } };
  const messages: string[] = [];
  const putUs: number[] = [];
  for (let step = 1; step <= STEPS; step++) {
    messages.push(`${step} `.repeat(MESSAGE_BYTES).slice(0, MESSAGE_BYTES));
    const checkpoint = {
      ...emptyCheckpoint(),
      id: uuid6(step),
      channel_values: { files, messages: [...messages] },
      channel_versions: { files: 1, messages: step },
      versions_seen: { agent: { messages: step } },
    };
    const changed = step === 1 ? checkpoint.channel_versions : { messages: step };
    const start = performance.now();
    config = await saver.put(config, checkpoint, { source: "loop", step, parents: {} }, changed);
    putUs.push((performance.now() - start) * 1000);
  }
  const getUs: number[] = [];
  for (let i = 0; i < 20; i++) {
    const start = performance.now();
    await saver.getTuple(config);
    getUs.push((performance.now() - start) * 1000);
  }
  return { putUs: median(putUs), getUs: median(getUs), newest: await saver.getTuple(config) };
}

/** Bytes that the checkpoints take in a MemorySaver, as it keeps them. */
function bytesOf({ storage }: MemorySaver): number {
  let bytes = 0;
  for (const namespaces of Object.values(storage)) {
    for (const checkpoints of Object.values(namespaces)) {
      for (const [checkpoint, metadata] of Object.values(checkpoints)) bytes += checkpoint.length + metadata.length;
    }
  }
  return bytes;
}

const figures = { bytes: [] as number[], putUs: [] as number[], getUs: [] as number[] };
const peer = { bytes: [] as number[], putUs: [] as number[], getUs: [] as number[] };
let different = 0;
for (let round = 0; round < ROUNDS; round++) {
  const folder = mkdtempSync(join(tmpdir(), "plimsoll-bench-"));
  try {
    const saver = await HistorySaver.open({ driver: fileHistory(folder) });
    const ours = await run(saver);
    await saver.close();
    const memory = new MemorySaver();
    const theirs = await run(memory);
    figures.bytes.push(readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0) / STEPS);
    figures.putUs.push(ours.putUs);
    figures.getUs.push(ours.getUs);
    peer.bytes.push(bytesOf(memory) / STEPS);
    peer.putUs.push(theirs.putUs);
    peer.getUs.push(theirs.getUs);
    const values = [ours, theirs].map(({ newest }) => JSON.stringify(newest?.checkpoint.channel_values));
    if (values[0] !== values[1]) different++;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const NAME = "a state of 190 kB with 300 growing messages";
const MEMORY_SAVER = "MemorySaver 1.1.5";

function row(name: string, unit: string, runs: readonly number[], others: readonly number[], goal?: string): BenchRow {
  const round = (value: number): number => Math.round(value);
  return {
    name: `${NAME}: ${name}`,
    value: round(median([...runs])),
    unit,
    ...(goal === undefined ? {} : { goal }),
    runs: runs.map(round),
    peers: { [MEMORY_SAVER]: round(median([...others])) },
  };
}

const ratios = figures.bytes.map((bytes, at) => (peer.bytes[at] ?? 0) / bytes);
console.error(
  writeResults("langgraph", "npm run bench:langgraph", [
    row("bytes a checkpoint", "B", figures.bytes, peer.bytes),
    {
      name: `${NAME}: fewer bytes than ${MEMORY_SAVER}`,
      value: Math.round(median(ratios)),
      unit: "times",
      goal: ">= 100",
      runs: ratios.map(Math.round),
    },
    row("putting a checkpoint, synced to the disk, median", "µs", figures.putUs, peer.putUs),
    row("getting the newest, median", "µs", figures.getUs, peer.getUs),
    { name: `${NAME}: newest states that differ from ${MEMORY_SAVER}`, value: different, unit: "states", goal: "<= 0" },
  ]),
);
