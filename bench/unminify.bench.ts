/**
 * What renaming three bundles costs, file to file, with its check: peak resident set and time, beside a
 * plain syntax tree (acorn), beside scopes on a full tree (Babel, as humanify 2 begins) and the command
 * lines of webcrack and wakaru. Every run is a process of its own; each side takes its turn. Then how
 * many of the names an author would recognise, by the source map that TensorFlow.js ships.
 *
 * `npm run bench:unminify [-- --quick]`: about ten minutes; the quick form takes one small turn and writes nothing.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BUNDLES, installBundles } from "../apps/unminify/test/support/bundles.ts";
import { median } from "../src/monitor/trend.ts";
import { installPackages } from "../test/support/install-packages.ts";
import { type BenchRow, writeResults } from "./support/results.ts";
import { scoreNames } from "./unminify/name-score.ts";

const ROOT = join(import.meta.dirname, "..");
const COMMAND = join(ROOT, "apps/unminify/bin/unminify.js");
const PEERS = join(import.meta.dirname, "unminify/peers");
const CASE = join(import.meta.dirname, "unminify/peers-case.cjs");
const MB = 2 ** 20;
const quick = process.argv.includes("--quick");
const TURNS = quick ? 1 : 3;
const PEER_DEADLINE_MS = quick ? 20_000 : 60_000;
const folder = mkdtempSync(join(tmpdir(), "unminify-bench-"));

/** Peak goals in MB by bundle. */
const GOALS = [70, 80, 110];

/** Median peaks in bytes, in the order of the bundles. */
const medianPeaks: number[] = [];

interface Run {
  readonly ms: number;
  readonly peakBytes: number;
}

await installBundles();
await installPackages(PEERS);
try {
  const bundles = BUNDLES.slice(0, GOALS.length);
  const rows = [
    ...bundles.flatMap(bundleRows),
    slopeRow(bundles.map(({ path }) => statSync(path).size)),
    ...nameRows(),
  ];
  for (const { name, value, unit, goal, peers } of rows)
    process.stderr.write(`${name}: ${value} ${unit} (${goal ?? "no goal"}) ${peers ? JSON.stringify(peers) : ""}\n`);
  if (!quick) process.stderr.write(`${writeResults("unminify", "npm run bench:unminify", rows)}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function bundleRows({ name, path }: (typeof BUNDLES)[number], index: number): BenchRow[] {
  const { size } = statSync(path);
  const runs: Record<string, Run[]> = { checked: [], unchecked: [], whole: [], acorn: [], bare: [] };
  let estimateBytes = 0;
  let bindings = 0;
  for (let turn = 0; turn < TURNS; turn++) {
    const checked = unminify(path);
    estimateBytes = checked.estimateBytes;
    bindings = checked.bindings;
    runs["checked"]?.push(checked);
    runs["unchecked"]?.push(unminify(path, "--no-verify"));
    runs["acorn"]?.push(peer("acorn", path));
    runs["whole"]?.push(unminify(path, "--no-verify", "--no-chunking"));
    runs["bare"]?.push(peer("bare", path));
  }
  const peaks = (of: string): number[] => (runs[of] ?? []).map(({ peakBytes }) => round(peakBytes / MB));
  const ratios = (one: string, other: string): number[] =>
    (runs[one] ?? []).map(({ ms }, turn) => round(ms / (runs[other]?.[turn]?.ms ?? Number.NaN)));
  const peak = median(peaks("checked"));
  medianPeaks.push(peak * MB);
  const what = `${name} (${(size / 1e6).toFixed(1)} MB, ${bindings} bindings)`;
  return [
    {
      name: `${what}: peak of the command, checked`,
      value: peak,
      unit: "MB",
      goal: `<= ${GOALS[index] ?? 0}`,
      runs: peaks("checked"),
      peers: {
        "bare Node.js": median(peaks("bare")),
        "acorn's tree alone": median(peaks("acorn")),
        "Babel with scopes and paths": told(() => peer("babel", path)),
        "webcrack 2.15.1": told(() => command("webcrack/dist/cli.js", path, "-o", "webcrack", "-f")),
        "wakaru 0.0.10": told(() => {
          // It takes only what lies in the folder in which it is started.
          copyFileSync(path, join(folder, "in.js"));
          return command("@wakaru/cli/dist/cli.cjs", "unminify", "in.js", "-o", "wakaru", "-f");
        }),
      },
    },
    {
      name: `${what}: peak to the one predicted before any work`,
      value: round((peak * MB) / estimateBytes),
      unit: "x",
      goal: "<= 1",
    },
    {
      name: `${what}: time from file to file, unchecked, to that of acorn.parse`,
      value: median(ratios("unchecked", "acorn")),
      unit: "x",
      goal: "<= 1.2",
      runs: ratios("unchecked", "acorn"),
    },
    { name: `${what}: time with the check to that without`, value: median(ratios("checked", "unchecked")), unit: "x" },
    {
      name: `${what}: time in pieces to that in one`,
      value: median(ratios("unchecked", "whole")),
      unit: "x",
      goal: "<= 1.05",
      runs: ratios("unchecked", "whole"),
    },
  ];
}

/** The command as a user starts it. */
function unminify(input: string, ...options: readonly string[]): Run & { estimateBytes: number; bindings: number } {
  const output = join(folder, "out.js");
  const { status, stdout, stderr } = spawnSync(COMMAND, [input, "-o", output, "--json", ...options], {
    encoding: "utf8",
    timeout: PEER_DEADLINE_MS,
    killSignal: "SIGKILL",
  });
  if (status !== 0) throw new Error(`unminify ended with ${status}: ${stderr}`);
  const { results, peakRssBytes } = JSON.parse(stdout) as {
    results: { phases: { milliseconds: number }[]; estimate: { peakBytes: number }; bindings: number }[];
    peakRssBytes: number;
  };
  const [result] = results;
  const ms = (result?.phases ?? []).reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  return {
    ms,
    peakBytes: peakRssBytes,
    estimateBytes: result?.estimate.peakBytes ?? 0,
    bindings: result?.bindings ?? 0,
  };
}

function peer(name: string, file: string): Run {
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    ["--max-old-space-size=6000", CASE, name, file],
    {
      encoding: "utf8",
      timeout: PEER_DEADLINE_MS,
      killSignal: "SIGKILL",
    },
  );
  if (status !== 0) throw new Error(`${name} ended with ${signal ?? status}: ${stderr.slice(-200)}`);
  return JSON.parse(stdout) as Run;
}

/** A peer's own command line; its peak is what it leaves in `process.resourceUsage`. */
function command(file: string, ...args: readonly string[]): Run {
  const preload = `data:text/javascript,process.on("exit",()=>process._rawDebug("peak "+process.resourceUsage().maxRSS))`;
  const { status, signal, stderr } = spawnSync(
    process.execPath,
    ["--max-old-space-size=6000", "--import", preload, join(PEERS, "node_modules", file), ...args],
    {
      cwd: folder,
      encoding: "utf8",
      stdio: ["ignore", "ignore", "pipe"],
      timeout: PEER_DEADLINE_MS,
      killSignal: "SIGKILL",
    },
  );
  const kilobytes = Number(/peak (\d+)/.exec(stderr)?.[1]);
  if (status !== 0 || !Number.isFinite(kilobytes)) throw new Error(String(signal ?? status));
  return { ms: Number.NaN, peakBytes: kilobytes * 1024 };
}

/** A peer's peak in MB, or how it ended. */
function told(run: () => Run): number | string {
  try {
    return round(run().peakBytes / MB);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return reason.includes("SIGKILL")
      ? `stopped after ${PEER_DEADLINE_MS / 1000} s`
      : `failed (${reason.slice(0, 60)})`;
  }
}

/** What a further byte of input costs. */
function slopeRow(sizes: readonly number[]): BenchRow {
  const between = (of: readonly number[]): number => (of.at(-1) ?? Number.NaN) - (of[0] ?? Number.NaN);
  return {
    name: "bytes at the peak for each further byte of input, from the smallest bundle to the largest",
    value: round(between(medianPeaks) / between(sizes)),
    unit: "B",
    goal: "<= 3",
  };
}

function nameRows(): BenchRow[] {
  const [tensorflow] = BUNDLES;
  if (!tensorflow) return [];
  const { bindings, exact, stem, before } = scoreNames(tensorflow.path, `${tensorflow.path}.map`);
  const percent = (share: number): number => round(share * 100);
  return [
    {
      name: `offline names of ${tensorflow.name} that are the author's, by stem, of ${bindings} that its source map knows`,
      value: percent(stem),
      unit: "%",
      goal: ">= 35",
      peers: { exactly: percent(exact), "as minified": percent(before) },
    },
  ];
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}
