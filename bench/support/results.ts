/**
 * Writes bench/results/<name>.json, schema `plimsoll.bench/1`: what was measured, by which command, on
 * which commit, Node.js and machine. A row that misses its goal stays in it.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";

/** One measured figure. */
export interface BenchRow {
  readonly name: string;
  readonly value: number | string;
  readonly unit: string;
  /** Such as `<= 0.02`. Default: no goal. */
  readonly goal?: string;
  /** The single runs behind `value`, in the order in which they were made. */
  readonly runs?: readonly number[];
  /** The same figure of others, from the same run. */
  readonly peers?: Readonly<Record<string, number | string>>;
}

const RESULTS = join(import.meta.dirname, "..", "results");

/**
 * Writes the result file.
 *
 * @param name - of the part.
 * @param command - that a reader types to measure again.
 * @returns its path.
 */
export function writeResults(name: string, command: string, rows: readonly BenchRow[]): string {
  const path = join(RESULTS, `${name}.json`);
  const result = {
    schema: "plimsoll.bench/1",
    command,
    commit: readCommit(),
    node: process.versions.node,
    machine: {
      platform: `${process.platform} ${process.arch}`,
      cpu: cpus()[0]?.model ?? "unknown",
      cores: cpus().length,
      memoryBytes: totalmem(),
    },
    rows,
  };
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(path, `${JSON.stringify(result, undefined, 2)}\n`);
  return path;
}

function readCommit(): string {
  try {
    return execFileSync("git", ["rev-parse", "HEAD"], { encoding: "utf8", cwd: RESULTS }).trim();
  } catch {
    return "unknown"; // not a clone
  }
}
