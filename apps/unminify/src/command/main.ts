/**
 * The command `unminify`. Figures and progress go to stderr, the answer of `--json` to stdout.
 */
import { existsSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import type { ModelSummary } from "../model/names-from-model.ts";
import { digest, REPORT_BYTES, type ReportDigest } from "../report/digest.ts";
import { writeReport } from "../report/report-page.ts";
import { unminify, type UnminifyResult } from "../unminify.ts";
import { UnminifyError } from "../unminify-error.ts";
import { memoryLimitBytes } from "./memory-limit.ts";
import type { NameSources } from "./name-sources.ts";
import { HELP, readOptions, type CommandOptions } from "./options.ts";
import { describeModel, describeResult } from "./words.ts";

/** 64 wrong usage, 65 bad input, 70 our own failure: as sysexits.h has them. */
const EXIT_CODES: Readonly<Record<UnminifyError["code"], number>> = {
  BAD_USAGE: 64,
  BAD_INPUT: 65,
  BAD_MAP: 65,
  OVER_MEMORY: 69,
  OVER_COST: 69,
  NOT_EQUIVALENT: 70,
  UNWRITABLE: 73,
  MODEL_FAILED: 69,
  STOPPED: 130,
};

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(HELP);
    return;
  }
  if (options.report !== undefined && options.inputs.length > 1)
    throw new UnminifyError("BAD_USAGE", "--report tells of one input; give one at a time.");
  if (options.split && options.format)
    throw new UnminifyError(
      "BAD_USAGE",
      "--format would move what --split cuts by offset: give one of them, and format the files of a folder with npx oxfmt DIR.",
    );
  if (options.split && options.inputs.length > 1)
    throw new UnminifyError("BAD_USAGE", "--split makes a folder of one input; give one at a time.");
  const maxMemoryBytes = await memoryLimitBytes(options.maxMemory);
  const results: (UnminifyResult & { model?: ModelSummary })[] = [];
  for (const input of options.inputs) {
    const output = outputOf(input, options);
    const sources = await nameSources(options, output, maxMemoryBytes);
    let named: ReportDigest | undefined;
    const result = await unminify(input, output, {
      ...(options.sourceType && { sourceType: options.sourceType }),
      ...(maxMemoryBytes !== undefined && { maxMemoryBytes }),
      ...(options.chunkCharacters !== undefined && { chunkCharacters: options.chunkCharacters }),
      keepFunctionNames: options.keepFunctionNames,
      collect: options.collect,
      split: options.split,
      format: options.format,
      verify: options.verify,
      ...(sources && { names: sources.names }),
      namesBytes: (sources?.bytes ?? 0) + (options.report === undefined ? 0 : REPORT_BYTES),
      ...(options.report !== undefined && {
        onNamed: (...decided: Parameters<typeof digest>) => void (named = digest(...decided)),
      }),
      ...(options.cacheFolder !== undefined && { cacheFolder: options.cacheFolder }),
    });
    sources?.end();
    if (options.report !== undefined && named)
      writeReport(options.report, { result, digest: named, ...(maxMemoryBytes !== undefined && { maxMemoryBytes }) });
    results.push({ ...result, ...(sources?.summary && { model: sources.summary }) });
    if (options.json) continue;
    process.stderr.write(describeResult(result, options.verbose));
    if (sources?.summary) process.stderr.write(describeModel(sources.summary));
  }
  if (options.json) process.stdout.write(`${JSON.stringify({ results, peakRssBytes: peakRss() })}\n`);
  else process.stderr.write(`peak memory ${Math.round(peakRss() / 2 ** 20)} MB\n`);
}

/** Loaded only where it is asked for: an offline run does not pay for it. */
async function nameSources(
  options: CommandOptions,
  output: string,
  maxMemoryBytes: number | undefined,
): Promise<NameSources | undefined> {
  if (options.map === undefined && options.model === undefined) return undefined;
  const { NameSources } = await import("./name-sources.ts");
  return new NameSources(options, output, maxMemoryBytes);
}

function outputOf(input: string, { inputs, out, split }: CommandOptions): string {
  if (split) return out?.replace(/(?<=.)[/\\]+$/, "") ?? input.replace(/(?:\.min)?(?:\.[cm]?js)?$/, ".split");
  if (out === undefined)
    return input.replace(
      /(?:\.min)?(\.[cm]?js)?$/,
      (_, extension: string | undefined) => `.readable${extension ?? ".js"}`,
    );
  const isFolder = existsSync(out) && statSync(out).isDirectory();
  if (inputs.length > 1 && !isFolder)
    throw new UnminifyError("BAD_USAGE", `Several inputs need a folder that exists behind -o; "${out}" is none.`);
  return isFolder ? join(out, basename(input)) : out;
}

function peakRss(): number {
  return process.resourceUsage().maxRSS * 1024;
}

try {
  await main();
} catch (error) {
  if (!(error instanceof UnminifyError)) throw error;
  process.stderr.write(`unminify: ${error.message}\n`);
  process.exitCode = EXIT_CODES[error.code];
}
