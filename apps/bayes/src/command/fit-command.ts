/**
 * `bayes fit`: reads, fits in workers, reports. The table goes to stdout (or figures as JSON), everything else to stderr. A
 * signal stops all chains after the draw that they are at; what there is then is saved and reported.
 */
import { constants } from "node:os";
import { join } from "node:path";
import type { Fit, Runaway } from "../fit.ts";
import { shapeInWords } from "../graph/shape.ts";
import { writeInferenceData } from "../report/inference-data.ts";
import { summaryTable } from "../report/table.ts";
import { judge } from "../report/verdict.ts";
import { writeReport } from "../report/write-report.ts";
import { fitInWorkers } from "../workers/fit-in-workers.ts";
import { OK } from "./exit-codes.ts";
import { type FitArguments, readArguments } from "./fit-arguments.ts";
import { Progress } from "./progress.ts";
import { readData } from "./read-data.ts";
import { commandOf } from "./shell-words.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** Launchers hand on a Ctrl-C that the terminal has sent already: it counts once. */
const SAME_SIGNAL_MS = 1000;

/** So many numbers are summed up within a second or two. */
const SUMMED_AT_ONCE = 1e6;
/** Parameters that a warning names. */
const MOST_NAMED = 3;

const say = (text: string): void => void process.stderr.write(`${text}\n`);

/**
 * Runs the command.
 *
 * @param args - what follows `fit`.
 * @returns the exit code.
 * @throws BayesError for wrong usage and what does not fit.
 */
export async function runFit(args: readonly string[]): Promise<number> {
  const asked = readArguments(args);
  const data = asked.data === undefined ? {} : await readData(asked.data);
  const progress = asked.isQuiet ? undefined : new Progress(process.stderr);
  const stopping = new AbortController();
  let stoppedBy: (typeof SIGNALS)[number] | undefined;
  let stoppedAtMs = 0;
  const stop = (signal: (typeof SIGNALS)[number]): void => {
    if (stoppedBy === undefined) {
      [stoppedBy, stoppedAtMs] = [signal, performance.now()];
      progress?.end();
      if (!asked.isQuiet) say("bayes: stops: every chain ends its draw and is saved");
      stopping.abort();
    } else if (performance.now() - stoppedAtMs > SAME_SIGNAL_MS) process.exit(128 + constants.signals[signal]);
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  const fit = await fitInWorkers(asked.model, data, {
    ...asked.options,
    signal: stopping.signal,
    ...(progress && {
      onProgress: (chains) => progress.show(chains),
      onSampled(numbers) {
        if (numbers > SUMMED_AT_ONCE) say(`bayes: sums up ${numbers.toLocaleString("en-US")} numbers`);
      },
    }),
  });
  await report(fit, asked);
  if (stoppedBy === undefined || isWhole(fit)) return OK;
  say(`bayes: stopped by ${stoppedBy}; go on with: ${commandOf(["fit", ...args], "--resume")}`);
  return 128 + constants.signals[stoppedBy];
}

const isWhole = ({ records, settings }: Fit): boolean =>
  records.every(({ divergent }) => divergent.length >= settings.draws);

async function report(fit: Fit, { directory, isJson, isQuiet }: FitArguments): Promise<void> {
  const kept = fit.records.reduce((sum, { divergent }) => sum + divergent.length, 0);
  const files: string[] = [];
  if (kept > 0) {
    const [page, inference] = [join(directory, "report.html"), join(directory, "inference-data.json")];
    await writeReport(fit, page);
    await writeInferenceData(fit, inference);
    files.push(page, inference);
  }
  if (isJson) process.stdout.write(`${JSON.stringify(figures(fit, files), undefined, 2)}\n`);
  else if (kept > 0) process.stdout.write(`${summaryTable(fit, { columns: process.stdout.columns ?? 80 })}\n`);
  else say("bayes: no chain has ended its warm-up: there are no draws yet");
  if (fit.runaways.length > 0) say(`bayes: warning: ${inWords(fit.runaways)}`);
  if (!isQuiet && files.length > 0) say(`bayes: wrote ${files.join(" and ")}`);
}

function inWords(runaways: readonly Runaway[]): string {
  const each = runaways.slice(0, MOST_NAMED).map(({ name, constraint, shape, extent }) => {
    const reached = Number.isFinite(extent) ? `to ${extent.toPrecision(2)}` : "beyond all numbers";
    return `${name} (${constraint}, ${shapeInWords(shape)}) ran off ${reached} before its constraint`;
  });
  const rest = runaways.length > MOST_NAMED ? `, and ${runaways.length - MOST_NAMED} more` : "";
  return `${each.join(", ")}${rest}: the posterior is most likely improper; give it a prior`;
}

/** The figures of a fit, for machines; those that the draws are too few for are null. */
function figures(fit: Fit, files: readonly string[]): unknown {
  const { model, settings, records, quantities, divergences, atMaxDepth, gradients, samplingMs, runaways } = fit;
  return {
    schema: "bayes.summary/1",
    model: model.name,
    settings,
    isComplete: isWhole(fit),
    draws: records.map(({ divergent }) => divergent.length),
    verdict: judge(fit),
    divergences,
    atMaxDepth,
    gradients,
    samplingMs,
    runaways,
    files,
    quantities: quantities.map(({ name, summary }) => ({ name, ...summary })),
  };
}
