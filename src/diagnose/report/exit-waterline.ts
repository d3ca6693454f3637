/**
 * The last waterline: what the program held when it was last seen, how old that reading was, what it
 * had grown by, and the top suspects. A program that dies within seconds gives no trend; then the
 * largest living allocations of its last profile are named, or else the kinds that grew.
 */
import { formatBytes } from "../../base/bytes.ts";
import type { ProcessRecording, Recording, ThreadRecording } from "../../monitor/remote/recording.ts";
import type { Growth } from "../finding.ts";
import type { Cleaner } from "./clean.ts";
import { endOfProcess, lastTotal } from "./last-reading.ts";
import type { Report, ReportSuspect, ReportWaterline } from "./report.ts";
import { formatDuration } from "./words.ts";

const MAX_SUSPECTS = 3;
/** Less is noise of the start. */
const LEAST_BYTES = 2 ** 20;

/** What was last seen of all processes together, and of the headline thread from inside. */
export function lastWaterline(
  recording: Recording,
  process: ProcessRecording | undefined,
  thread: ThreadRecording | undefined,
): ReportWaterline | undefined {
  const total = lastTotal(recording);
  if (total.bytes === 0) return undefined;
  const first =
    recording.processes[0]?.resident[0]?.rssBytes ?? recording.processes[0]?.threads[0]?.samples[0]?.rssBytes;
  const sample = thread?.samples.at(-1);
  const secondsBefore = (timeMs: number): number =>
    process ? Math.max(0, Math.round(endOfProcess(recording, process) - timeMs) / 1_000) : 0;
  return {
    rssBytes: total.bytes,
    secondsBefore: Math.max(0, Math.round(total.seconds * 1_000) / 1_000),
    processes: total.processes,
    ...(first === undefined ? {} : { grownBytes: total.bytes - first }),
    ...(sample
      ? {
          inside: {
            secondsBefore: secondsBefore(sample.timeMs),
            heapUsedBytes: sample.heapUsedBytes,
            externalBytes: Math.max(0, sample.externalBytes - sample.arrayBuffersBytes),
            arrayBufferBytes: sample.arrayBuffersBytes,
          },
        }
      : {}),
  };
}

/** What most likely filled the memory, largest first, at most 3. */
export function listSuspects(
  growth: readonly Growth[],
  thread: ThreadRecording | undefined,
  waterline: ReportWaterline | undefined,
  clean: Cleaner,
): ReportSuspect[] {
  const growing = growth
    .filter(({ bytes }) => bytes >= LEAST_BYTES)
    .map(({ what, bytes, where }): ReportSuspect => ({
      what: `${what}, growing`,
      bytes,
      ...(where ? { where: { file: where.file, line: where.line, function: where.function } } : {}),
    }));
  const found = growing.length > 0 ? growing : fromProfile(thread);
  const suspects = found.length > 0 ? found : fromKinds(thread, waterline);
  return suspects.slice(0, MAX_SUSPECTS).map(({ what, bytes, where }) => ({
    what: clean.text(what),
    bytes: Math.round(bytes),
    ...(where
      ? { where: { file: clean.path(where.file), line: where.line, function: clean.name(where.function) } }
      : {}),
  }));
}

function fromProfile(thread: ThreadRecording | undefined): ReportSuspect[] {
  const sites = thread?.profiles.at(-1)?.sites ?? [];
  return sites
    .filter(({ bytes }) => bytes >= LEAST_BYTES)
    .toSorted((a, b) => b.bytes - a.bytes)
    .map(({ where, bytes }) => ({
      what: `living objects allocated in ${where.function}`,
      bytes,
      where: { file: where.file, line: where.line, function: where.function },
    }));
}

/** What each kind gained from the first sample to the last, and what the kernel counted on top of it. */
function fromKinds(thread: ThreadRecording | undefined, waterline: ReportWaterline | undefined): ReportSuspect[] {
  const [first, last] = [thread?.samples[0], thread?.samples.at(-1)];
  const kinds: ReportSuspect[] = [];
  let explained = 0;
  if (first && last) {
    const buffers = last.arrayBuffersBytes - first.arrayBuffersBytes;
    const external = last.externalBytes - first.externalBytes - buffers;
    const heap = last.heapUsedBytes - first.heapUsedBytes;
    explained = last.heapTotalBytes - first.heapTotalBytes + external + buffers;
    kinds.push({ what: "JavaScript heap", bytes: heap }, { what: "Buffers", bytes: buffers });
    kinds.push({ what: "external memory", bytes: external });
  }
  const rest = (waterline?.grownBytes ?? 0) - Math.max(0, explained);
  kinds.push({
    what: first ? "memory of a kind that its last words do not explain" : "memory of an unknown kind",
    bytes: rest,
  });
  return kinds.filter(({ bytes }) => bytes >= LEAST_BYTES).toSorted((a, b) => b.bytes - a.bytes);
}

/** True for an end that its reader did not choose: then the last waterline is worth a line. */
export function isViolent({ kind = "code", outOfMemory = false }: Report["exit"]): boolean {
  return outOfMemory || ["heap-limit", "oom-killer", "killed", "abort", "crash", "unseen"].includes(kind);
}

/** `251 MB resident 0.1 s before the end, 208 MB more than at the start; …` */
export function waterlineWords({
  rssBytes,
  secondsBefore,
  processes,
  grownBytes = 0,
  inside,
}: ReportWaterline): string {
  const where = processes > 1 ? ` in ${processes} processes` : "";
  const grown = grownBytes >= LEAST_BYTES ? `, ${formatBytes(grownBytes)} more than at the start` : "";
  const words = `${formatBytes(rssBytes)} resident${where} ${formatAge(secondsBefore)} before the end${grown}`;
  if (!inside) return words;
  const { heapUsedBytes, arrayBufferBytes, externalBytes } = inside;
  const kinds = [`JavaScript heap ${formatBytes(heapUsedBytes)}`, `Buffers ${formatBytes(arrayBufferBytes)}`];
  if (externalBytes >= LEAST_BYTES) kinds.push(`external ${formatBytes(externalBytes)}`);
  return `${words}; from inside ${formatAge(inside.secondsBefore)} before: ${kinds.join(", ")}`;
}

/** `handler src/server.js:5, 31 MB (living objects)` */
export function suspectWords({ what, bytes, where }: ReportSuspect): string {
  return `${what}, ${formatBytes(bytes)}${where ? ` (${where.file}:${where.line})` : ""}`;
}

function formatAge(seconds: number): string {
  return seconds < 0.095 ? "less than 0.1 s" : formatDuration(seconds);
}
