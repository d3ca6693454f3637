/**
 * Programs that leak in ways that are known, and healthy ones that look alike, with what names the holder. Each writes
 * three snapshots with a round of work between them; the reader of those is `openHeap`.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { diffHeaps } from "../../../src/heap/diff-heaps.ts";
import type { Suspect } from "../../../src/heap/suspect.ts";
import { openHeap } from "../../../src/heap/open-heap.ts";

/** A program that leaks. */
export interface PlantedLeak {
  /** File below this folder. */
  readonly program: string;
  /** What the words for its holder must match. */
  readonly holder: RegExp;
}

/** What the three snapshots of a program say. */
export interface PlantedAnswer {
  /** In their order. */
  readonly suspects: readonly Suspect[];
  /** Place of the right holder among them, from 1; 0 where it is not there. */
  readonly rank: number;
}

const DEADLINE_MS = 60_000;

/** All planted leaks. */
export const plantedLeaks: readonly PlantedLeak[] = [
  { program: "leaks/abort-signal.mjs", holder: /^listeners of EventTarget shutdown\b.* in abort-signal\.mjs/ },
  { program: "leaks/array.mjs", holder: /^Array auditLog in array\.mjs/ },
  { program: "leaks/async-local-storage.mjs", holder: /^Map store of an AsyncLocalStorage/ },
  { program: "leaks/buffers.mjs", holder: /^Array headers in buffers\.mjs/ },
  { program: "leaks/class-static.mjs", holder: /^Array Order\.all in class-static\.mjs/ },
  { program: "leaks/closures.cjs", holder: /\bcurrent\b.* in closures\.cjs/ },
  { program: "leaks/copied-state.mjs", holder: /^Array state\.events in copied-state\.mjs/ },
  { program: "leaks/dictionary.cjs", holder: /^Object exports\b.* in dictionary\.cjs/ },
  { program: "leaks/finalization.mjs", holder: /^FinalizationRegistry closing in finalization\.mjs/ },
  { program: "leaks/global.mjs", holder: /^Array globalThis\.__requestRegistry/ },
  { program: "leaks/linked-queue.mjs", holder: /^Job queue\.head in linked-queue\.mjs/ },
  { program: "leaks/listeners.mjs", holder: /^listeners for change of EventEmitter settings in listeners\.mjs/ },
  { program: "leaks/map.mjs", holder: /^Map sessions in map\.mjs/ },
  { program: "leaks/memoize.mjs", holder: /^Map answers in function memoize \(memoize\.mjs\)/ },
  { program: "leaks/message-ports.mjs", holder: /^MessagePorts that are open/ },
  { program: "leaks/module-cache.cjs", holder: /require\.cache/ },
  { program: "leaks/module-urls.mjs", holder: /^modules loaded by import\(\)|^LoadCache load/ },
  { program: "leaks/private-field.mjs", holder: /^Map geocoder\.#places in private-field\.mjs/ },
  { program: "leaks/promises.mjs", holder: /^Promise ready in promises\.mjs/ },
  { program: "leaks/set.mjs", holder: /^Set hub\.clients in set\.mjs/ },
  { program: "leaks/text.mjs", holder: /^\(string\) transcript in text\.mjs/ },
  { program: "leaks/timers.mjs", holder: /^timers that still run: they call a function in timers\.mjs:6/ },
  { program: "leaks/two-indexes.mjs", holder: /^Map store\.by(?:Id|Name) in two-indexes\.mjs and Map store\.by/ },
  { program: "leaks/undici-bodies.mjs", holder: /^undici/ },
  { program: "leaks/weak-map.mjs", holder: /^Array visits\.get\(Tenant\) in weak-map\.mjs/ },
];

/** All healthy programs. */
export async function healthyPrograms(): Promise<string[]> {
  return (await readdir(join(import.meta.dirname, "healthy"))).sort().map((name) => `healthy/${name}`);
}

/**
 * Runs a program and compares its snapshots.
 *
 * @param node - the Node.js that runs it.
 * @param see - called with the folder of the snapshots before it is removed. Default: nobody.
 * @throws Error with what it said where it did not end well.
 */
export async function askPlanted(
  program: string,
  node: string,
  holder?: RegExp,
  see: (folder: string) => Promise<void> = async () => {},
): Promise<PlantedAnswer> {
  const folder = await mkdtemp(join(tmpdir(), "plimsoll-planted-"));
  try {
    await runProgram(program, node, folder);
    const [one, two, three] = [1, 2, 3].map((nth) => join(folder, `${nth}.heapsnapshot`));
    using first = openHeap(one ?? "");
    using between = openHeap(two ?? "");
    using last = openHeap(three ?? "");
    const { suspects } = diffHeaps(first, last, { between });
    await see(folder);
    return { suspects, rank: holder === undefined ? 0 : suspects.findIndex((one) => holder.test(one.holder)) + 1 };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runProgram(program: string, node: string, folder: string): Promise<void> {
  const child = spawn(node, [join(import.meta.dirname, program), folder], {
    stdio: ["ignore", "ignore", "pipe"],
    timeout: DEADLINE_MS,
    killSignal: "SIGKILL",
  });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-4000);
  });
  const [code, signal] = (await once(child, "close")) as [number | null, string | null];
  if (code !== 0) throw new Error(`${program} ended with ${signal ?? code}:\n${said}`);
}
