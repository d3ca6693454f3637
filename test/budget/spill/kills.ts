/**
 * Kills a program that writes a durable queue or map, and opens it: everything that was said to be safe is there, in order and
 * unchanged, and nothing that was said to be taken comes again.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { bytesCodec } from "../../../src/budget/spill/codec.ts";
import { SpillQueue } from "../../../src/budget/spill/spill-queue.ts";
import { SqliteMap } from "../../../src/budget/spill/sqlite-map.ts";

const WRITER = join(import.meta.dirname, "queue-writer.mjs");
const MAP_WRITER = join(import.meta.dirname, "map-writer.mjs");
const DEADLINE_MS = 20_000;

/** What is known of a queue between two kills. */
export interface KnownQueue {
  /** Serial that is pushed next. */
  readonly pushed: number;
  /** Serial that is taken next. */
  readonly taken: number;
}

/** What came of a kill. */
export interface KillOutcome {
  readonly known: KnownQueue;
  /** Records that were found, and bytes of a half-written one that were cut off. */
  readonly records: number;
  readonly cutBytes: number;
  /** What is wrong; nothing when all is well. */
  readonly faults: readonly string[];
}

/** Runs the queue's writer, kills it `delayMs` after its first flush, and looks. */
export async function killWriter(
  folder: string,
  known: KnownQueue,
  delayMs: number,
  seed: number,
): Promise<KillOutcome> {
  const { said, signal } = await killAfter([WRITER, folder, String(known.pushed), String(seed)], delayMs);
  return inspect(folder, known, said, signal);
}

/** What came of killing a map's writer. */
export interface MapKillOutcome {
  /** The round that all keys are of. */
  readonly round: number;
  readonly faults: readonly string[];
}

/** Runs the map's writer from a round on, kills it `delayMs` after its first flush, and looks. */
export async function killMapWriter(folder: string, round: number, delayMs: number): Promise<MapKillOutcome> {
  const { said, signal } = await killAfter([MAP_WRITER, folder, String(round)], delayMs);
  const safe = said.reduce((last, line) => (JSON.parse(line) as { safe: number }).safe ?? last, round);
  using map = await SqliteMap.open<number, { round: number }>({ folder, memory: "1mb" });
  const rounds = Array.from(map.entries(), ([, value]) => value.round);
  const [found = -1] = rounds;
  const faults: string[] = [];
  if (signal !== "SIGKILL") faults.push(`the writer ended by itself: ${String(signal)}`);
  if (rounds.length !== 50 || rounds.some((each) => each !== found)) faults.push("a transaction is there in part");
  if (found < safe) faults.push(`round ${found} is there, though ${safe} was safe`);
  return { round: found, faults };
}

async function killAfter(
  parameters: readonly string[],
  delayMs: number,
): Promise<{ said: readonly string[]; signal: string | null }> {
  const child = spawn(process.execPath, parameters, {
    stdio: ["ignore", "pipe", "inherit"],
    timeout: DEADLINE_MS,
    killSignal: "SIGKILL",
  });
  const closed = once(child, "close");
  const said: string[] = [];
  const lines = createInterface({ input: child.stdout });
  const isSafe = new Promise<void>((resolve) => {
    lines.on("line", (line) => {
      said.push(line);
      if (line.includes("safe")) resolve();
    });
  });
  await Promise.race([isSafe, closed]);
  await sleep(delayMs);
  child.kill("SIGKILL");
  const [, signal] = (await closed) as [number | null, string | null];
  return { said, signal };
}

function inspect(folder: string, known: KnownQueue, said: readonly string[], signal: string | null): KillOutcome {
  let { pushed, taken } = known;
  let taking = taken;
  for (const line of said) {
    const told = JSON.parse(line) as { safe?: KnownQueue; taking?: number };
    if (told.safe) ({ pushed, taken } = told.safe);
    taking = told.taking ?? taking;
  }
  const faults: string[] = [];
  if (signal !== "SIGKILL") faults.push(`the writer ended by itself: ${String(signal)}`);
  using queue = new SpillQueue<Uint8Array>({ folder, memory: "1mb", segmentBytes: 8_000, codec: bytesCodec });
  const { records, cutBytes, damaged } = queue.recovery;
  if (damaged.length > 0) faults.push(`damaged: ${damaged.join(", ")}`);
  const serials: number[] = [];
  for (const bytes of queue.drain()) {
    const serial = Buffer.from(bytes).readUInt32LE(0);
    serials.push(serial);
    if (!bytes.subarray(4).every((byte) => byte === (serial & 255)))
      faults.push(`record ${serial} is not what was written`);
  }
  const [oldest = pushed] = serials;
  const newest = oldest + serials.length;
  if (serials.some((serial, i) => serial !== oldest + i)) faults.push("records are missing or in another order");
  if (oldest < taken) faults.push(`record ${oldest} came again, though ${taken} were safely taken`);
  if (oldest > Math.max(taking, taken))
    faults.push(`record ${oldest} is the first, but only ${taking} were ever taken`);
  if (newest < pushed) faults.push(`records from ${newest} to ${pushed} are lost`);
  return { known: { pushed: newest, taken: newest }, records, cutBytes, faults };
}
