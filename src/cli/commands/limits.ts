/**
 * `plimsoll limits`: which memory limit applies here (or would at a given size), whether V8 knows of
 * it, and the flags to set. `--write` prints settings to paste, and nothing else, on stdout.
 */
import { formatBytes, parseBytes } from "../../base/bytes.ts";
import { formatShare } from "../../diagnose/report/words.ts";
import { adviseLimit, type HeapLimitRisk, judgeHeapLimit, type LimitAdvice } from "../../monitor/limit-advice.ts";
import { type LimitReading, readLimits, tightestLimit } from "../../probe/limit.ts";
import { nearest, parseOptions, usage } from "../arguments.ts";
import type { CommandEnd } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import type { Output } from "../output.ts";
import { withExample } from "../report-options.ts";
import { SETTINGS_TARGETS, type SettingsTarget, writeSettings } from "../settings.ts";

const EXAMPLE = "plimsoll limits 512mb --write kubernetes";

/** What `--json` prints. */
interface LimitsReport {
  readonly schema: "plimsoll.limits/1";
  readonly limit: { readonly bytes: number | null; readonly source: string };
  /** V8's limit for a program started here, under the present NODE_OPTIONS. */
  readonly heapLimitBytes: number | null;
  readonly risk: HeapLimitRisk | null;
  readonly readings: readonly LimitReading[];
  readonly advice: LimitAdvice | null;
}

/** Shows limits, or writes settings for one. */
export async function limits(args: readonly string[], output: Output): Promise<CommandEnd> {
  const { values, positionals } = parseOptions(args, { json: { type: "boolean" }, write: { type: "string" } }, EXAMPLE);
  const [size, ...more] = positionals;
  if (more.length > 0) throw usage("limits takes one size.", EXAMPLE);
  const target = values["write"] === undefined ? undefined : readTarget(String(values["write"]));
  const report = readAll(size);
  if (target !== undefined) output.data(writeSettings(target, report.limit.bytes ?? 0));
  else if (values["json"] === true) output.data(JSON.stringify(report, null, 2));
  else output.say(draw(report, size, output));
  return { code: EXIT.ok };
}

function readTarget(word: string): SettingsTarget {
  const target = SETTINGS_TARGETS.find((known) => known === word);
  if (target) return target;
  const near = nearest(word, SETTINGS_TARGETS);
  throw usage(
    `--write knows ${SETTINGS_TARGETS.join(", ")}, not "${word.slice(0, 40)}".`,
    `plimsoll limits --write ${near ?? "docker"}`,
  );
}

function readAll(size: string | undefined): LimitsReport {
  const readings = readLimits("self");
  const real = tightestLimit(readings);
  const bytes = size === undefined ? (real?.bytes ?? null) : parseSize(size, real?.bytes);
  const heapLimitBytes = readings.find(({ kind }) => kind === "v8-heap")?.bytes ?? null;
  return {
    schema: "plimsoll.limits/1",
    limit: { bytes, source: size === undefined ? (real?.source ?? "no limit applies") : "as given" },
    heapLimitBytes,
    risk: bytes === null || heapLimitBytes === null ? null : judgeHeapLimit(heapLimitBytes, bytes),
    readings,
    advice: bytes === null ? null : advise(bytes),
  };
}

function parseSize(size: string, wholeBytes: number | undefined): number {
  try {
    return parseBytes(size, wholeBytes);
  } catch (error) {
    throw withExample(error, EXAMPLE);
  }
}

function advise(bytes: number): LimitAdvice {
  try {
    return adviseLimit(bytes);
  } catch (error) {
    throw withExample(error, EXAMPLE);
  }
}

function draw(
  { limit, heapLimitBytes, risk, readings, advice }: LimitsReport,
  size: string | undefined,
  { paint }: Output,
): string {
  const field = (name: string, text: string): string => `   ${paint.dim(name.padEnd(10))}${text}`;
  const tightest = tightestLimit(readings);
  const used =
    size === undefined && tightest?.usedBytes !== undefined && limit.bytes !== null
      ? `   ${formatBytes(tightest.usedBytes)} in use (${formatShare(tightest.usedBytes / limit.bytes)})`
      : "";
  const lines = [
    ` ${paint.bold(`plimsoll: ${limit.bytes === null ? "no limit applies" : formatBytes(limit.bytes)}`)}   ${limit.source}${used}`,
    "",
    ...readings.map((reading) => {
      const mark = reading === tightest && size === undefined ? paint.green("→") : " ";
      const bytes = reading.bytes === undefined ? "no limit" : formatBytes(reading.bytes);
      const unknown = reading.unknown === undefined ? "" : ` (${reading.unknown})`;
      return ` ${mark} ${bytes.padStart(8)}  ${paint.dim(reading.source + unknown)}`;
    }),
  ];
  if (heapLimitBytes !== null && risk !== null)
    lines.push("", field("V8", riskWords(risk, heapLimitBytes, limit.bytes ?? 0, paint)));
  const isMachine = size === undefined && (tightest === undefined || tightest.kind === "machine");
  if (isMachine) {
    lines.push(field("next", `only the machine itself limits a program here; give it a limit: ${EXAMPLE}`));
  } else if (advice) {
    lines.push(
      field("set", paint.cyan(`NODE_OPTIONS="${advice.flags.join(" ")}"`)),
      field("why", advice.why),
      field("write", `plimsoll limits ${size ?? `${advice.limitMb}mb`} --write ${SETTINGS_TARGETS.join("|")}`),
    );
  }
  return lines.join("\n");
}

function riskWords(risk: HeapLimitRisk, heapLimitBytes: number, limitBytes: number, paint: Output["paint"]): string {
  const heap = `its heap may grow to ${formatBytes(heapLimitBytes)}`;
  if (risk === "none") return `${paint.green("✓")} ${heap}: it is full before the limit is`;
  if (risk === "tight")
    return `${paint.yellow("!")} ${heap}: little room for buffers and native memory below ${formatBytes(limitBytes)}`;
  return `${paint.red("✗")} ${heap}: the kernel kills the process at ${formatBytes(limitBytes)} before V8 collects hard`;
}
