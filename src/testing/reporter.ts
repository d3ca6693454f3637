/**
 * `plimsoll/testing/reporter` for vitest's `reporters`: which test file grows its worker's heap. Vitest's own `logHeapUsage`
 * tells a total with garbage in it; here only what a full collection leaves counts, as growth of each file. It matters where
 * one worker runs many files (`isolate: false`): there a file that keeps memory makes all later ones slower.
 */
import { appendFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Reporter, TestModule, Vitest } from "vitest/node";
import { formatBytes, parseBytes, type SizeInput } from "../base/bytes.ts";
import { EVERY_FILE_VARIABLE, floorFrom } from "./worker-floor.ts";
import { type FileFloor, type FileGrowth, growthOf } from "./worker-growth.ts";

export type { SizeInput };

/** What the reporter tells, and where. */
export interface MemoryReporterOptions {
  /** Files that grow their worker's heap by less are not named. Default: `4MiB`. */
  readonly threshold?: SizeInput;
  /** Whether there is a full collection before every file, whatever that takes, so that no two files are named together. Default: false. */
  readonly everyFile?: boolean;
  /** Whether files above the threshold fail the run. Default: false. */
  readonly fail?: boolean;
  /** Whether warnings for GitHub are written as well. Default: where `GITHUB_ACTIONS` is set. */
  readonly github?: boolean;
  /** Takes the lines. Default: vitest's own log, to stderr. */
  readonly write?: (text: string) => void;
}

const RUNNER = fileURLToPath(new URL("./worker-runner.js", import.meta.url));
const THRESHOLD = "4MiB";
const MAX_NAMED = 10;

/** Names test files that grow their worker's heap. */
export class MemoryReporter implements Reporter {
  readonly #thresholdBytes: number;
  readonly #options: MemoryReporterOptions;
  #root = process.cwd();
  #hasOtherRunner = false;
  #logger: Pick<Vitest["logger"], "error"> | undefined;

  /** @throws PlimsollError `ERR_PLIMSOLL_BAD_SIZE`. */
  constructor(options: MemoryReporterOptions = {}) {
    this.#options = options;
    this.#thresholdBytes = parseBytes(options.threshold ?? THRESHOLD);
  }

  /** Called by vitest before any worker starts: puts the measuring runner into them. */
  onInit(vitest: Vitest): void {
    this.#root = vitest.config.root;
    this.#logger = vitest.logger;
    for (const { config } of vitest.projects) {
      if (this.#options.everyFile) config.env = { ...config.env, [EVERY_FILE_VARIABLE]: "1" };
      if (config.runner && config.runner !== RUNNER) this.#hasOtherRunner = true;
      else config.runner = RUNNER;
    }
  }

  /** Called by vitest at the end of a run. */
  onTestRunEnd(modules: readonly TestModule[]): void {
    const floors = modules.flatMap((module): FileFloor[] => {
      const floor = floorFrom(module.meta());
      return floor ? [{ ...floor, file: relative(this.#root, module.moduleId) }] : [];
    });
    const growths = growthOf(floors);
    const grown = growths
      .filter(({ bytes }) => bytes >= this.#thresholdBytes)
      .sort((one, other) => other.bytes - one.bytes);
    this.#write(`\n${this.#summarize(floors, growths, grown)}`);
    if (this.#options.github ?? Boolean(process.env["GITHUB_ACTIONS"])) this.#annotate(grown);
    if (this.#options.fail && grown.length > 0) process.exitCode = 1;
  }

  #summarize(floors: readonly FileFloor[], growths: readonly FileGrowth[], grown: readonly FileGrowth[]): string {
    if (this.#hasOtherRunner && floors.length === 0)
      return " Memory  not measured: the configuration names a runner of its own.";
    const workers = new Set(floors.map(({ worker }) => worker)).size;
    const about = `${floors.length} files in ${workers} workers`;
    if (growths.length === 0)
      return ` Memory  ${about}: no worker ran enough files to grow; the largest heap was ${formatBytes(Math.max(0, ...floors.map(({ usedBytes }) => usedBytes)))}.`;
    const threshold = formatBytes(this.#thresholdBytes);
    if (grown.length === 0) return ` Memory  ${about}: none grew its worker's heap by ${threshold} or more.`;
    const lines = grown
      .slice(0, MAX_NAMED)
      .flatMap((growth) => [
        `   ${describeGrowth(growth)}`,
        ...growth.holders.map((holder) => `      in the heap: ${holder}`),
      ]);
    if (grown.length > MAX_NAMED) lines.push(`   … and ${grown.length - MAX_NAMED} more`);
    return [
      ` Memory  ${about}; these kept ${threshold} or more beyond their end:`,
      ...lines,
      "   Next: release in afterAll what a file keeps in modules or globals; await expect(fn).toLeakNothing() finds the function.",
    ].join("\n");
  }

  #annotate(grown: readonly FileGrowth[]): void {
    const lines = grown
      .slice(0, MAX_NAMED)
      .map(
        (growth) =>
          `::warning file=${escape(growth.files.at(-1) ?? "")},title=Memory kept::${escape(describeGrowth(growth))}`,
      );
    if (lines.length > 0) this.#write(lines.join("\n"));
    const summary = process.env["GITHUB_STEP_SUMMARY"];
    if (!summary || grown.length === 0) return;
    appendFileSync(
      summary,
      `### Memory kept by test files\n\n${grown
        .slice(0, MAX_NAMED)
        .map((growth) => `- ${describeGrowth(growth)}\n`)
        .join("")}`,
    );
  }

  #write(text: string): void {
    if (this.#options.write) this.#options.write(`${text}\n`);
    else this.#logger?.error(text);
  }
}

function describeGrowth({ files, bytes, floorBytes }: FileGrowth): string {
  const named =
    files.length <= 3 ? files.join(", ") : `${files[0]} … ${files.at(-1)} (${files.length} files, in this order)`;
  return `+${formatBytes(bytes)}  ${named}  (heap now ${formatBytes(floorBytes)})`;
}

function escape(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\n", "%0A").replaceAll(":", "%3A").replaceAll(",", "%2C");
}

// oxlint-disable-next-line import/no-default-export -- vitest loads the default export of a reporter
export { MemoryReporter as default };
