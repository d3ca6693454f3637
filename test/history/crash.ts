/**
 * Kills a process that writes a history, and looks at what is left: every step that it called safe must be
 * there, and every state must be the one that was saved.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileHistory, HistoryStore } from "../../src/history/index.ts";

const WRITER = join(import.meta.dirname, "fixtures", "crash-writer.mjs");
const DEADLINE_MS = 30_000;

/** What was left after a kill. */
export interface Remains {
  /** The last step that the writer called safe; 0 when it was killed before. */
  readonly acknowledged: number;
  /** The newest step that is there. */
  readonly last: number;
  readonly damages: number;
  /** Steps whose state is not what was saved. */
  readonly wrong: readonly number[];
  readonly checked: number;
}

interface State {
  readonly step: number;
  readonly cells: Readonly<Record<string, string>>;
}

/** Lets a writer run for `aliveMs` after its first safe step, kills it, and examines the folder. */
export async function killWriter(folder: string, aliveMs: number, thinEvery: number): Promise<Remains> {
  const acknowledged = await writeAndDie(folder, aliveMs, thinEvery);
  const store = await HistoryStore.open<State>({ driver: fileHistory(folder) });
  try {
    const there: number[] = [];
    for await (const { step } of store) there.push(step);
    const checked = new Set([there[0], there.at(-1), acknowledged]);
    for (let i = 1; i <= 10; i++) checked.add(there[Math.floor((there.length * i * 0.618) % there.length)]);
    const wrong: number[] = [];
    for (const step of checked) {
      if (step === undefined || step === 0) continue;
      const state = await store.load(step);
      if (JSON.stringify(sorted(state)) !== JSON.stringify(sorted(expectedState(step)))) wrong.push(step);
    }
    return { acknowledged, last: store.lastStep, damages: store.damages.length, wrong, checked: checked.size };
  } finally {
    await store.close();
  }
}

/** The state that the writer saves as a step. */
function expectedState(step: number): State {
  const cells: Record<string, string> = {};
  for (let at = Math.max(2, step - 49); at <= step; at++) cells[`cell ${at % 50}`] = "x".repeat(at % 90) + at;
  return { step, cells };
}

function sorted({ step, cells }: State): unknown {
  return [step, Object.entries(cells).sort(([one], [other]) => (one < other ? -1 : 1))];
}

async function writeAndDie(folder: string, aliveMs: number, thinEvery: number): Promise<number> {
  const child = spawn(process.execPath, [WRITER, folder, String(thinEvery)], {
    stdio: ["ignore", "pipe", "pipe"],
    timeout: DEADLINE_MS,
    killSignal: "SIGKILL",
  });
  let said = "";
  let complaints = "";
  const began = new Promise<void>((resolve) => {
    child.stdout.on("data", (text: Buffer) => {
      said += text.toString();
      resolve();
    });
    child.on("close", () => resolve());
  });
  child.stderr.on("data", (text: Buffer) => (complaints += text.toString()));
  const ended = new Promise((resolve) => child.on("close", resolve));
  await began;
  await sleep(aliveMs);
  child.kill("SIGKILL");
  await ended;
  if (complaints !== "") throw new Error(`the writer failed: ${complaints}`);
  const lines = said.split("\n");
  return Number(lines.at(-2) ?? 0);
}
