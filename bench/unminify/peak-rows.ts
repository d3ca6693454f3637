/**
 * What renaming a bundle costs, file to file: peak resident set and time, beside a plain syntax tree, scopes
 * on a full tree, and the command lines of webcrack and wakaru. Each side takes its turn.
 */
import { copyFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Bundle } from "../../apps/unminify/test/support/bundles.ts";
import { median } from "../../src/monitor/trend.ts";
import { availableNodes } from "../../test/support/nodes.ts";
import type { BenchRow } from "../support/results.ts";
import {
  command,
  folder,
  isQuick,
  megabytes,
  peer,
  rounded,
  told,
  unminify,
  unminifyOn,
  unminifyWithoutFlags,
  type PeerRun,
  type Run,
} from "./runs.ts";

/** Peak goals in MB, in the order of the bundles. */
const GOALS = [70, 80, 110];
const TURNS = isQuick ? 1 : 3;

/** Rows for the bundles that have goals. */
export function peakRows(bundles: readonly Bundle[]): BenchRow[] {
  const all = bundles.slice(0, GOALS.length).map((bundle, index) => bundleRows(bundle, GOALS[index] ?? 0));
  const [first, last] = [all[0], all.at(-1)];
  const slope = ((last?.peakBytes ?? 0) - (first?.peakBytes ?? 0)) / ((last?.size ?? 0) - (first?.size ?? 0));
  return [
    ...all.flatMap(({ rows }) => rows),
    {
      name: "bytes at the peak for each further byte of input, from the smallest bundle to the largest",
      value: rounded(slope),
      unit: "B",
      goal: "<= 3",
    },
  ];
}

function bundleRows({ name, path }: Bundle, goal: number): { rows: BenchRow[]; peakBytes: number; size: number } {
  const { size } = statSync(path);
  const runs = { checked: [], unchecked: [], whole: [], acorn: [], bare: [] } as Record<string, Run[]>;
  const take = (of: string, run: Run): void => void runs[of]?.push(run);
  let [estimateBytes, bindings] = [0, 0];
  for (let turn = 0; turn < TURNS; turn++) {
    const checked = unminify(path);
    ({ estimateBytes, bindings } = checked);
    take("checked", checked);
    take("unchecked", unminify(path, "--no-verify"));
    take("acorn", peer("acorn", path));
    take("whole", unminify(path, "--no-verify", "--no-chunking"));
    take("bare", peer("bare", path));
  }
  let babel: PeerRun | undefined;
  const babelPeak = told(() => (babel = peer("babel", path)));
  const peaks = (of: string): number[] => (runs[of] ?? []).map(({ peakBytes }) => megabytes(peakBytes));
  const ratios = (one: string, other: string): number[] =>
    (runs[one] ?? []).map(({ ms }, turn) => rounded(ms / (runs[other]?.[turn]?.ms ?? Number.NaN)));
  const peakBytes = median((runs["checked"] ?? []).map((run) => run.peakBytes));
  const declared = babel?.count === undefined ? "" : ` declared by ${babel.count} identifiers`;
  const what = `${name} (${(size / 1e6).toFixed(1)} MB, ${bindings} bindings${declared})`;
  const rows = [
    {
      name: `${what}: peak of the command, checked`,
      value: megabytes(peakBytes),
      unit: "MB",
      goal: `<= ${goal}`,
      runs: peaks("checked"),
      peers: {
        "bare Node.js": median(peaks("bare")),
        ...Object.fromEntries(
          availableNodes()
            .slice(1)
            .map(({ version, path: node }) => [`on Node.js ${version}`, told(() => unminifyOn(node, path))]),
        ),
        "without the flags of its first line": told(() => unminifyWithoutFlags(path)),
        "acorn's tree alone": median(peaks("acorn")),
        "Babel with scopes and paths": babelPeak,
        "webcrack 2.15.1": told(() => command("webcrack/dist/cli.js", path, "-o", "webcrack", "-f")),
        "wakaru 0.0.10": told(() => {
          // It takes only what lies in the folder in which it is started.
          copyFileSync(path, join(folder, "in.js"));
          return command("@wakaru/cli/dist/cli.cjs", "unminify", "in.js", "-o", "wakaru", "-f");
        }),
      },
    },
    {
      name: `${name}: peak to the one predicted before any work`,
      value: rounded(peakBytes / estimateBytes),
      unit: "x",
      goal: "<= 1",
    },
    {
      name: `${name}: time from file to file, unchecked, to that of acorn.parse`,
      value: median(ratios("unchecked", "acorn")),
      unit: "x",
      goal: "<= 1.2",
      runs: ratios("unchecked", "acorn"),
    },
    { name: `${name}: time with the check to that without`, value: median(ratios("checked", "unchecked")), unit: "x" },
    {
      name: `${name}: time in pieces to that in one`,
      value: median(ratios("unchecked", "whole")),
      unit: "x",
      goal: "<= 1.05",
      runs: ratios("unchecked", "whole"),
    },
  ];
  return { rows, peakBytes, size };
}
