/**
 * Runs one tool on one snapshot in a process of its own, with its peak memory read by itself at the end; inside a
 * memory cgroup where asked, so that a kill by the kernel is seen as one.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { MemoryCgroup } from "../../test/support/memory-cgroup.ts";
import { availableNodes } from "../../test/support/nodes.ts";

/** A tool's name in case.mjs. */
export type ToolName = "plimsoll" | "plimsoll again" | "memlab" | "v8-heap-parser" | "devtools";

/** One run. */
export interface Run {
  /** Of the whole process. */
  readonly seconds: number;
  /** Of the opening alone. */
  readonly openMs: number;
  /** Highest resident set. */
  readonly peakRssBytes: number;
}

/** What a run is bounded by. */
export interface RunBounds {
  /** Of the memory cgroup that it runs in. Default: none. */
  readonly limitBytes?: number;
  /** Where to write what every node retains. Default: nowhere. */
  readonly detailsFile?: string;
}

const CASE = join(import.meta.dirname, "case.mjs");
const PEERS = join(import.meta.dirname, "..", "peers");
const DEADLINE_MS = 600_000;
/** What memlab and DevTools' code are given; ours needs no flag. */
const HEAP_FLAG = "--max-old-space-size=12000";

/** Runs a tool. @returns the run, or in words why there is none. */
export function runTool(tool: ToolName, file: string, { limitBytes, detailsFile }: RunBounds = {}): Run | string {
  const node = tool === "devtools" ? nodeOfLine("22") : process.execPath;
  const flags = tool.startsWith("plimsoll") ? [] : [HEAP_FLAG];
  const command = [node, ...flags, CASE, tool, file, ...(detailsFile === undefined ? [] : [detailsFile])];
  using cgroup = limitBytes === undefined ? undefined : new MemoryCgroup("plimsoll-bench", limitBytes);
  const [program = node, ...parameters] = cgroup?.enter(...command) ?? command;
  const startedAt = performance.now();
  const { stdout, stderr, signal, status } = spawnSync(program, parameters, {
    encoding: "utf8",
    timeout: DEADLINE_MS,
    killSignal: "SIGKILL",
    maxBuffer: 64 * 1024 * 1024,
  });
  const seconds = (performance.now() - startedAt) / 1000;
  const last = /\{"ms":.*\}/.exec(stdout)?.[0];
  if (status !== 0 || last === undefined) {
    const why = stderr.split("\n").find((line) => /error|unreachable|heap/i.test(line)) ?? "";
    return signal === null ? `fails: ${why.trim().slice(0, 100)}` : `killed (${signal})`;
  }
  const { ms, peakRssBytes } = JSON.parse(last) as { ms: number; peakRssBytes: number };
  return { seconds, openMs: ms, peakRssBytes };
}

/** Installs the other tools where they are missing; no scripts are run, no browser is downloaded. */
export function installHeapPeers(): void {
  const needed = ["memlab", "chrome-devtools-mcp", "@vscode/v8-heap-parser"];
  const folder = process.env["PLIMSOLL_HEAP_PEERS"] ?? PEERS;
  if (needed.every((name) => existsSync(join(folder, "node_modules", name)))) return;
  const { status } = spawnSync("npm", ["ci", "--prefix", PEERS, "--ignore-scripts"], {
    env: { ...process.env, PUPPETEER_SKIP_DOWNLOAD: "1" },
    stdio: ["ignore", 2, 2],
    timeout: DEADLINE_MS,
  });
  if (status !== 0) throw new Error("the other tools could not be installed into bench/peers");
}

function nodeOfLine(line: string): string {
  const found = availableNodes().find(({ version }) => version.startsWith(`${line}.`));
  if (!found) throw new Error(`no Node.js ${line} here`);
  return found.path;
}
