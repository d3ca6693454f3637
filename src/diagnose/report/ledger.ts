/**
 * The program's own ledger in a report: what is owned and alive, of which library, made where. Facts only, for a
 * healthy program as well; whether it explains growth is the diagnosis's word.
 */
import { formatBytes } from "../../base/bytes.ts";
import type { LedgerReading, Recording, ThreadRecording } from "../../monitor/remote/recording.ts";
import type { Cleaner } from "./clean.ts";
import type { Report, ReportLedger } from "./report.ts";
import { toSeconds } from "./series.ts";
import { formatCount, formatDuration, formatPlace } from "./words.ts";

const MAX_THREADS = 20;
/** Fewer more than twice as many as at first are not worth a word. */
const FEW = 50;
const MOST = 0.5;
const ALL = 0.99;

/** One entry a thread with a ledger, the fullest first; empty where no program has one. */
export function describeLedgers(recording: Recording, clean: Cleaner): ReportLedger[] {
  return recording.processes
    .flatMap(({ pid, threads }) => threads.map((thread) => describeLedger(pid, thread, recording.startedAtMs, clean)))
    .filter((one) => one !== undefined)
    .sort((a, b) => b.live - a.live)
    .slice(0, MAX_THREADS);
}

function describeLedger(
  pid: number,
  { threadId, ledger = [] }: ThreadRecording,
  startMs: number,
  clean: Cleaner,
): ReportLedger | undefined {
  const [first, last] = [ledger[0], ledger.at(-1)];
  if (!first || !last) return undefined;
  return {
    pid,
    ...(threadId === 0 ? {} : { thread: threadId }),
    seconds: toSeconds(last.timeMs, startMs),
    firstSeconds: toSeconds(first.timeMs, startMs),
    ...sumOf(last),
    libraries: last.totals.map(({ name, live, created, bytes }) => ({
      name: clean.name(name),
      live,
      created,
      ...sizeOf(bytes),
      firstLive: first.totals.find((one) => one.name === name)?.live ?? 0,
    })),
    places: last.places.map(({ name, where, live, bytes, sinceMs }) => ({
      name: clean.name(name),
      ...(where
        ? { where: { file: clean.path(where.file), line: where.line, function: clean.name(where.function) } }
        : {}),
      live,
      ...sizeOf(bytes),
      oldestSeconds: Math.max(0, toSeconds(last.timeMs, sinceMs)),
    })),
  };
}

function sumOf({ totals }: LedgerReading): { live: number; bytes?: number } {
  const known = totals.flatMap(({ bytes }) => bytes ?? []);
  const live = totals.reduce((sum, one) => sum + one.live, 0);
  return { live, ...(known.length === 0 ? {} : sizeOf(known.reduce((sum, one) => sum + one, 0))) };
}

function sizeOf(bytes: number | undefined): { bytes?: number } {
  return bytes === undefined ? {} : { bytes: Math.round(bytes) };
}

/** `16,000 jax-js values alive, 8.4 MB, most from logProb src/model.ts:42`: one line a library, those with most values first. */
export function ledgerLines({ ledger = [] }: Pick<Report, "ledger">): string[] {
  const lines = ledger.flatMap(({ thread, firstSeconds, libraries, places }) =>
    libraries.map(({ name, live, bytes, created, firstLive }) => {
      const [top] = places.filter((place) => place.name === name).sort((a, b) => b.live - a.live);
      const size = bytes === undefined || live === 0 ? "" : `, ${formatBytes(bytes)}`;
      const where = thread === undefined ? "" : ` (worker ${thread})`;
      // A fact, for a cache that has filled as well: the reader sees whether so many are meant to live.
      const before =
        live < FEW + 2 * firstLive ? "" : `; up from ${formatCount(firstLive)} after ${formatDuration(firstSeconds)}`;
      const ofAll = live === 0 && created > 0 ? `; all ${formatCount(created)} that were made are released` : "";
      return {
        live,
        text: `${formatCount(live)} ${name} values alive${size}${fromWords(top, live)}${where}${before}${ofAll}`,
      };
    }),
  );
  return lines.sort((a, b) => b.live - a.live).map(({ text }) => text);
}

function fromWords(top: ReportLedger["places"][number] | undefined, live: number): string {
  if (!top?.where || live === 0) return "";
  const share = top.live / live;
  const part = share >= ALL ? "all" : share >= MOST ? "most" : "the largest part";
  return `, ${part} from ${top.where.function} ${formatPlace(top.where)}`;
}
