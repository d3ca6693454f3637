/**
 * Writes bench/results/<name>.json, schema `plimsoll.bench/1`: what was measured, by which command, on
 * which commit, Node.js and machine. A row that misses its goal stays in it.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
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
  /** The same figure on each Node.js line, as `20`, where `value` is of all of them. */
  readonly byNode?: Readonly<Record<string, number | string>>;
}

const ROOT = join(import.meta.dirname, "..", "..");
/** What a verdict depends on. */
const JUDGING = ["src/base/wire.ts", "src/diagnose", "src/monitor", "src/preload", "src/probe", "test/truth"];
const RESULTS = join(ROOT, "bench", "results");

/** What else a result file holds. */
export interface BenchMore {
  /** What the rows were made from, or tables; each entry on a line of its own. */
  readonly lists?: Readonly<Record<string, readonly object[]>>;
  /** Versions of Node.js. Default: the running one. */
  readonly node?: string;
}

/**
 * Writes the result file.
 *
 * @param name - of the part.
 * @param command - that a reader types to measure again.
 * @returns its path.
 */
export function writeResults(name: string, command: string, rows: readonly BenchRow[], more: BenchMore = {}): string {
  const path = join(RESULTS, `${name}.json`);
  const result = {
    schema: "plimsoll.bench/1",
    command,
    commit: readCommit(),
    node: more.node ?? process.versions.node,
    machine: {
      platform: `${process.platform} ${process.arch}`,
      cpu: cpus()[0]?.model ?? "unknown",
      cores: cpus().length,
      memoryBytes: totalmem(),
    },
    rows,
  };
  mkdirSync(RESULTS, { recursive: true });
  const head = JSON.stringify(result, undefined, 2).replace(/\n}$/, "");
  const bodies = Object.entries(more.lists ?? {}).map(([key, entries]) => {
    const lines = entries.map((entry) => `    ${JSON.stringify(entry)}`);
    return `,\n  ${JSON.stringify(key)}: [\n${lines.join(",\n")}\n  ]`;
  });
  const half = `${path}.new`;
  writeFileSync(half, `${head}${bodies.join("")}\n}\n`);
  renameSync(half, path);
  return path;
}

/** One list of a result file that may not be there yet. */
export function readList(name: string, list: string): unknown[] {
  const path = join(RESULTS, `${name}.json`);
  if (!existsSync(path)) return [];
  const result = JSON.parse(readFileSync(path, "utf8")) as Readonly<Record<string, unknown>>;
  return Array.isArray(result[list]) ? result[list] : [];
}

/** The newest commit that changed what a verdict depends on; with a `+` when a file differs from it. */
export function readSourceCommit(): string {
  const changed = runGit(["status", "--porcelain", "--untracked-files=no", "--", ...JUDGING]);
  const commit = runGit(["log", "-1", "--format=%H", "--", ...JUDGING]) ?? "unknown";
  return `${commit.slice(0, 12)}${changed === "" ? "" : "+"}`;
}

function readCommit(): string {
  return runGit(["rev-parse", "HEAD"]) ?? "unknown"; // not a clone
}

function runGit(parameters: readonly string[]): string | undefined {
  try {
    return execFileSync("git", parameters, { encoding: "utf8", cwd: ROOT, stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return undefined;
  }
}
