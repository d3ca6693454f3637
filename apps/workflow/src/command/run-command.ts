/**
 * `workflow run`: loads, runs, tells. The output goes to stdout, everything else to stderr. A signal stops the run, which can go on later.
 */
import { constants } from "node:os";
import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { getSystemInfo } from "plimsoll/monitor";
import { Executor, type RunResult } from "../execute/executor.ts";
import { fileCheckpoints } from "../execute/places.ts";
import type { Graph } from "../graph/node.ts";
import { Timeline } from "../report/timeline.ts";
import { timelinePage } from "../report/timeline-page.ts";
import { WorkflowError } from "../workflow-error.ts";
import { loadWorkflow } from "./load-workflow.ts";
import type { CommandOptions } from "./options.ts";
import { ProgressLine } from "./progress-line.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const FOLDER = ".workflow";

const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** Runs the command. @returns the exit code. @throws WorkflowError */
export async function runCommand(options: CommandOptions): Promise<number> {
  const { workflow, llm, input } = await loadWorkflow(options.file);
  const id = options.resume ?? newId(workflow.name);
  const folder = options.keepsNothing ? undefined : (options.checkpoints ?? join(FOLDER, id));
  if (options.resume !== undefined && folder !== undefined && !existsSync(folder)) throw noRun(options.resume);
  const { limit, profile, maxConcurrency, isQuiet } = options;
  await using executor = new Executor({
    profile,
    ...(limit !== undefined && { limit }),
    ...(llm !== undefined && { llm }),
    ...(maxConcurrency !== undefined && { maxConcurrency }),
    ...(folder !== undefined && { checkpoints: fileCheckpoints(folder, { sync: options.isSynced }) }),
  });
  const { tightestLimit } = getSystemInfo();
  const limitBytes = executor.status().profile.limitBytes ?? tightestLimit?.bytes;
  const stop = new AbortController();
  let stoppedBy: (typeof SIGNALS)[number] | undefined;
  const onSignal = (signal: (typeof SIGNALS)[number]): void => {
    if (stoppedBy !== undefined) process.exit(128 + constants.signals[signal]);
    stoppedBy = signal;
    stop.abort();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  using line = new ProgressLine(process.stderr, limitBytes, () => executor.status());
  using timeline = options.timeline === undefined ? undefined : new Timeline(executor);
  const told = {
    signal: stop.signal,
    onProgress: (progress: RunResult<unknown>["progress"]): void => {
      timeline?.update(progress);
      if (!isQuiet) line.show(progress);
    },
  };
  try {
    const result =
      options.resume === undefined
        ? await executor.execute(workflow, options.input ? options.input.value : input, {
            ...told,
            id,
            ...(options.session !== undefined && { session: options.session }),
          })
        : await executor.resume(workflow, options.resume, told);
    line[Symbol.dispose]();
    tell(workflow, result, executor, options, limitBytes, timeline);
  } catch (error) {
    line[Symbol.dispose]();
    if (folder !== undefined) say(`workflow: what has finished is kept. Go on with: ${againWith(options, id)}`);
    if (stoppedBy === undefined) throw error;
    say(`workflow: stopped by ${stoppedBy}.`);
    return 128 + constants.signals[stoppedBy];
  } finally {
    for (const signal of SIGNALS) process.removeListener(signal, onSignal);
  }
  await executor.close();
  if (folder !== undefined && options.checkpoints === undefined) rmSync(folder, { recursive: true, force: true });
  return 0;
}

function tell(
  workflow: Graph,
  { id, output, progress, elapsedMs }: RunResult<unknown>,
  executor: Executor,
  options: CommandOptions,
  limitBytes: number | undefined,
  timeline: Timeline | undefined,
): void {
  const status = executor.status();
  const { finished, resumed } = progress;
  const peakRssBytes = process.resourceUsage().maxRSS * 1024;
  if (timeline && options.timeline !== undefined) {
    timeline.read();
    const { readings, heldRatio } = timeline;
    const limitSource = options.limit === undefined ? (getSystemInfo().tightestLimit?.source ?? "none") : "--limit";
    const page = {
      graph: workflow,
      id,
      readings,
      status,
      limitBytes,
      limitSource,
      peakRssBytes,
      elapsedMs,
      finished,
      heldRatio,
    };
    writeFileSync(options.timeline, timelinePage(page), { mode: 0o600 });
    if (!options.isQuiet) say(`workflow: wrote ${options.timeline}`);
  }
  if (options.isJson) {
    const { profile, values, limiter } = status;
    const { forced, costs } = limiter;
    const figures = {
      id,
      workflow: workflow.name,
      output,
      finished,
      resumed,
      elapsedMs,
      peakRssBytes,
      limitBytes,
      profile: profile.name,
      values,
      forced,
      costs,
    };
    process.stdout.write(`${JSON.stringify(figures)}\n`);
  } else
    process.stdout.write(`${typeof output === "string" ? output : (JSON.stringify(output, undefined, 2) ?? "")}\n`);
  if (options.isQuiet) return;
  const before = resumed > 0 ? `, ${resumed.toLocaleString("en-US")} of them before` : "";
  say(
    `workflow: ${finished.toLocaleString("en-US")} nodes and items${before} in ${(elapsedMs / 1000).toFixed(1)} s; peak memory ${Math.round(peakRssBytes / 2 ** 20)} MB`,
  );
}

function newId(name: string): string {
  const word = name.replaceAll(/[^A-Za-z0-9]+/g, "-").slice(0, 30) || "run";
  return `${word}-${Date.now().toString(36)}`;
}

function againWith({ file, checkpoints, limit }: CommandOptions, id: string): string {
  const quoted = (text: string): string => (/^[\w./@%+=:-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
  const more = [
    ...(checkpoints === undefined ? [] : ["--checkpoints", checkpoints]),
    ...(limit === undefined ? [] : ["--limit", limit]),
  ];
  return ["npx workflow run", file, "--resume", id, ...more]
    .map((part, at) => (at === 0 ? part : quoted(part)))
    .join(" ");
}

function noRun(id: string): WorkflowError {
  const known = existsSync(FOLDER) ? readdirSync(FOLDER).slice(0, 3) : [];
  const which = known.length > 0 ? `Those that can go on: ${known.join(", ")}.` : "There is none that can go on here.";
  return new WorkflowError("ERR_WORKFLOW_RESUME", `There is no run ${id}. ${which}`, { id });
}
