/**
 * The remedies that were once planned for such bundles, as planned and as they are here: splitting at
 * top-level statements, smaller batches of names, answers kept on disk. Then what a model costs.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Bundle } from "../../apps/unminify/test/support/bundles.ts";
import { FakeModel } from "../../apps/unminify/test/support/fake-model.ts";
import { median } from "../../src/monitor/trend.ts";
import type { BenchRow } from "../support/results.ts";
import { folder, isQuick, megabytes, peer, rounded, told, unminify, unminifyBeside, type PeerRun } from "./runs.ts";

const TURNS = isQuick ? 1 : 3;
const CONCURRENCY = "8";

/** Rows for the first three bundles. */
export async function remedyRows(bundles: readonly Bundle[]): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const bundle of bundles.slice(0, 3)) rows.push(...splitRows(bundle), ...cacheRows(bundle));
  const [smallest] = bundles;
  return smallest ? [...rows, ...(await modelRows(smallest))] : rows;
}

function splitRows({ name, path }: Bundle): BenchRow[] {
  let parts: PeerRun | undefined;
  const planned = told(() => (parts = peer("split", path)));
  const own = told(() => unminify(path, "--split"));
  const hasMap = typeof own === "number";
  return [
    {
      name: `${name}: peak of splitting at top-level statements, as planned (Babel parses all, prints each)`,
      value: planned,
      unit: "MB",
      peers: {
        "statements at the top": parts?.count ?? "",
        "share of the largest, %": parts?.largestPercent ?? "",
        "unminify, not split": megabytes(unminify(path).peakBytes),
        "unminify --split": hasMap ? own : "has no module map",
      },
    },
  ];
}

function cacheRows({ name, path }: Bundle): BenchRow[] {
  const first: number[] = [];
  const again: number[] = [];
  const peaks: number[] = [];
  let keptBytes = 0;
  for (let turn = 0; turn < TURNS; turn++) {
    const cache = mkdtempSync(join(folder, "cache-"));
    const plain = unminify(path);
    first.push(rounded(unminify(path, "--disk-cache", cache).ms / plain.ms));
    const second = unminify(path, "--disk-cache", cache);
    again.push(rounded(second.ms / plain.ms));
    peaks.push(megabytes(second.peakBytes));
    keptBytes = readdirSync(cache).reduce((sum, file) => sum + statSync(join(cache, file)).size, 0);
    rmSync(cache, { recursive: true });
  }
  return [
    {
      name: `${name}: time of the first run with --disk-cache to that of one without`,
      value: median(first),
      unit: "x",
      goal: "<= 1.1",
      runs: first,
    },
    {
      name: `${name}: time of a later run with --disk-cache to that of one without`,
      value: median(again),
      unit: "x",
      runs: again,
      peers: { "peak of a later run, MB": median(peaks), "kept on disk, MB": megabytes(keptBytes) },
    },
  ];
}

async function modelRows({ name, path }: Bundle): Promise<BenchRow[]> {
  const offline: number[] = [];
  const asked: number[] = [];
  const halved: number[] = [];
  let bindingsPerCall = 0;
  let named = 0;
  for (let turn = 0; turn < (isQuick ? 1 : 3); turn++) {
    offline.push(megabytes(unminify(path).peakBytes));
    await using model = await FakeModel.start();
    const options = ["--names", "llm", "--base-url", model.baseUrl, "--model", "fake", "--concurrency", CONCURRENCY];
    const run = await unminifyBeside(path, ...options);
    asked.push(megabytes(run.peakBytes));
    bindingsPerCall = (run.model?.bindings ?? 0) / (run.model?.calls ?? Number.NaN);
    named = (run.model?.named ?? 0) / (run.model?.bindings ?? Number.NaN);
    // So small a share of the machine is always exceeded: every call asks for twenty names.
    const small = await unminifyBeside(path, ...options, "--adaptive-batching", "0.1%");
    halved.push(megabytes(small.peakBytes));
  }
  return [
    {
      name: `${name}: peak with a model at ${CONCURRENCY} calls at once above that of the offline names`,
      value: rounded(median(asked) - median(offline)),
      unit: "MB",
      goal: "<= 15",
      runs: asked,
      peers: { "offline, MB": median(offline) },
    },
    {
      name: `${name}: bindings that a call asks for`,
      value: rounded(bindingsPerCall),
      unit: "bindings",
      goal: ">= 25",
      peers: { "named by a model that always answers, %": rounded(named * 100) },
    },
    {
      name: `${name}: peak with calls for half as many names, to that with calls for 40`,
      value: rounded(median(halved) / median(asked)),
      unit: "x",
      runs: halved,
      peers: { "as planned: Babel before its first batch, MB": told(() => peer("babel", path)) },
    },
  ];
}
