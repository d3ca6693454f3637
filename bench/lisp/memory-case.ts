/**
 * Runs `memory-case.mjs` in a process of its own.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const CASE = join(import.meta.dirname, "memory-case.mjs");
const DEADLINE_MS = 120_000;

/** What a case has measured. */
export interface MeasuredBytes {
  /** On the heap, for each of what was made; or left of what was dropped. */
  readonly bytes: number;
  /** The highest on the way. */
  readonly peakBytes?: number;
}

/** @throws Error when the case does not end well. */
export function runMemoryCase(kind: string, definitions = "", expression = ""): MeasuredBytes {
  const parameters = ["--expose-gc", CASE, kind, definitions, expression];
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, parameters, {
    encoding: "utf8",
    timeout: DEADLINE_MS,
    killSignal: "SIGKILL",
  });
  if (status !== 0) throw new Error(`${kind} ${expression} ended with ${signal ?? status}:\n${stderr}`);
  return JSON.parse(stdout) as MeasuredBytes;
}
