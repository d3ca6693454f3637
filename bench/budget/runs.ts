/** Runs of the budget benchmarks, each in a process of its own, with its memory cgroup where the cell has one. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { MemoryCgroup } from "../../test/support/memory-cgroup.ts";
import type { Cell } from "./cells.ts";

/** Who decides how many tasks run at once. */
export type PolicyName = "adaptive" | "p-limit" | "p-queue" | "piscina";

/** What came of a run. */
export interface BudgetRun {
  readonly cell: string;
  readonly policy: PolicyName;
  /** Of a fixed number. */
  readonly concurrency?: number;
  readonly items: number;
  readonly seed: number;
  /** When it began, as ISO 8601. */
  readonly startedAt?: string;
  /** How it died: a signal, "heap out of memory", or "not over" in time. Default: it lived. */
  readonly death?: string;
  readonly perSecond?: number;
  readonly peakRssMb?: number;
  readonly mostInFlight?: number;
  readonly collections?: number;
  readonly forced?: { readonly count: number; readonly pauseMs: number };
  readonly errorAfterTen?: Readonly<Record<string, number>>;
  readonly errorAtEnd?: Readonly<Record<string, number>>;
}

const CASE = join(import.meta.dirname, "case.mjs");
const MB = 2 ** 20;
/** Beyond it a run is killed, and counts as held for ever. */
const DEADLINE_MS = 1_800_000;

/** Runs one. */
export async function runOnce(
  cell: Cell,
  policy: PolicyName,
  run: { readonly items: number; readonly seed: number; readonly concurrency?: number },
): Promise<BudgetRun> {
  const parameters = JSON.stringify({ policy, shape: cell.shape, ...run });
  const args = [`--max-old-space-size=${cell.oldSpaceMb}`, CASE, parameters];
  const startedAt = new Date().toISOString();
  const startMs = performance.now();
  const { signal, stdout } = await (cell.cgroupMb === undefined ? runFree(args) : runInside(cell.cgroupMb, args));
  const tookMs = performance.now() - startMs;
  const about = { cell: cell.name, policy, ...run, startedAt };
  if (stdout !== "") return { ...about, ...(JSON.parse(stdout) as Partial<BudgetRun>) };
  if (tookMs >= DEADLINE_MS) return { ...about, death: `not over after ${DEADLINE_MS / 60_000} minutes` };
  return { ...about, death: signal === null || signal === "SIGABRT" ? "heap out of memory" : signal };
}

interface Ending {
  readonly signal: string | null;
  readonly stdout: string;
}

function runFree(args: readonly string[]): Promise<Ending> {
  const options = { timeout: DEADLINE_MS, killSignal: "SIGKILL" } as const;
  return new Promise((resolve) => {
    execFile(process.execPath, args, options, (error, stdout) => resolve({ signal: error?.signal ?? null, stdout }));
  });
}

let cgroups = 0;

async function runInside(limitMb: number, args: readonly string[]): Promise<Ending> {
  using cgroup = new MemoryCgroup(`plimsoll-budget-${cgroups++}`, limitMb * MB);
  return await cgroup.run(process.execPath, args, DEADLINE_MS);
}
