/**
 * The live view: twelve lines on what the program uses, of which kind, how fast it rises and what the
 * verdict is so far. Pure: a status becomes lines of at most the terminal's width.
 */
import { formatBytes } from "../base/bytes.ts";
import { createCleaner } from "../diagnose/report/clean.ts";
import { formatCount, formatPlace, formatRate, formatShare, headline } from "../diagnose/report/words.ts";
import { displayWidth } from "../diagnose/report/wrap.ts";
import type { RecordedLimit } from "../monitor/remote/recording.ts";
import type { TrendPoint } from "../monitor/trend.ts";
import { bar, fit, type Segment, sparkline } from "./drawing.ts";
import type { Paint } from "./output.ts";
import { allocatorWords, clock, trendWords } from "./status-words.ts";
import type { KindStatus, Status } from "./status.ts";

/** Lines of the live view. */
export const LIVE_VIEW_LINES = 12;
/** Below this many columns it is not drawn. */
export const LIVE_VIEW_MIN_COLUMNS = 60;

const LABEL_COLUMNS = 11;
/** A preload has spoken by then. */
const FIRST_WORD_SECONDS = 3;
const SPARKLINE_MIN = 6;
const SPARKLINE_MAX = 40;

/** What the view needs besides the status. */
export interface LiveViewOptions {
  readonly command: string;
  readonly pid: number;
  readonly limit: RecordedLimit;
  readonly columns: number;
  readonly paint: Paint;
  readonly cwd: string;
  /** True when it ran before: its own age is not known. Default: false. */
  readonly isAttached?: boolean;
  /** Said in place of the last line, such as that the program was asked to stop. */
  readonly notice?: string;
}

/** Draws the view. */
export function drawLiveView(status: Status, options: LiveViewOptions): string[] {
  const { columns, paint } = options;
  const lines: Segment[][] = [
    [["~".repeat(columns - 1), paint.cyan]],
    titleLine(status, options),
    waterline(status, options),
    ...kindLines(status, options),
    growingLine(status, options),
    activityLine(status, paint),
    verdictLine(status, paint),
    [
      label("", paint),
      [options.notice ?? explanation(status), options.notice === undefined ? paint.dim : paint.yellow],
    ],
  ];
  return lines.map((line) => fit(line, columns - 1));
}

function label(name: string, paint: Paint): Segment {
  return [` ${name}`.padEnd(LABEL_COLUMNS), paint.bold];
}

function titleLine(status: Status, { command, pid, limit, columns, paint, isAttached }: LiveViewOptions): Segment[] {
  const tree = [count(status.workers, "worker"), count(status.children, "process", "processes")].filter(
    (text) => text !== "",
  );
  const unseen =
    status.unobserved > 0 && status.heapLimitBytes !== undefined && status.seconds > FIRST_WORD_SECONDS
      ? ` (${status.unobserved} seen from outside only)`
      : "";
  const left: Segment[] = [
    [" plimsoll  ", paint.bold],
    [command, paint.cyan],
    [`  pid ${pid}${tree.map((text) => ` +${text}`).join("")}${unseen}`],
  ];
  const limitText =
    limit.bytes === null ? "no limit" : `limit ${formatBytes(limit.bytes)} (${shortSource(limit.source)})`;
  const right = `${isAttached === true ? "watched" : "up"} ${clock(status.seconds)}   ${limitText}`;
  const gap = columns - 1 - left.reduce((sum, [text]) => sum + displayWidth(text), 0) - displayWidth(right);
  return [...left, [gap > 0 ? " ".repeat(gap) : "  "], [right, paint.dim]];
}

function count(number: number, one: string, many = `${one}s`): string {
  return number === 0 ? "" : `${number} ${number === 1 ? one : many}`;
}

/** `cgroup v2 /sys/fs/cgroup/app (memory.max)` is `cgroup v2` in a title. */
function shortSource(source: string): string {
  const words = /^(cgroup v[12]|memory of the machine|--limit \S+)/.exec(source)?.[1] ?? source;
  return words === "memory of the machine" ? "this machine" : words;
}

function waterline(status: Status, { limit, columns, paint }: LiveViewOptions): Segment[] {
  const ratio = limit.bytes === null ? undefined : status.rssBytes / limit.bytes;
  const color = ratio === undefined || ratio < 0.7 ? paint.green : ratio < 0.9 ? paint.yellow : paint.red;
  const used = formatBytes(status.rssBytes > 0 ? status.rssBytes : undefined);
  const level = limit.bytes === null ? used : `${used} / ${formatBytes(limit.bytes)}`;
  const share = ratio === undefined ? "" : `  ${formatShare(ratio)}`;
  const free = columns - 1 - LABEL_COLUMNS - displayWidth(`  ${level}${share}   `);
  const trend = trendWords(status, free - SPARKLINE_MIN);
  const cells = Math.max(SPARKLINE_MIN, Math.min(SPARKLINE_MAX, free - displayWidth(trend)));
  const history = sparkline(recent(status.history), cells, limit.bytes ?? undefined);
  return [label("waterline", paint), [history, color], [`  ${level}`, paint.bold], [share, color], [`   ${trend}`]];
}

/** The view's memory: the last five minutes. */
function recent(points: readonly TrendPoint[]): readonly TrendPoint[] {
  const fromMs = (points.at(-1)?.timeMs ?? 0) - 300_000;
  return points.filter(({ timeMs }) => timeMs >= fromMs);
}

const KIND_ROWS = 5;

function kindLines(status: Status, { columns, paint, isAttached }: LiveViewOptions): Segment[][] {
  const barWidth = columns >= 100 ? 30 : 18;
  const whole = Math.max(status.rssBytes, 1);
  const rows = status.kinds.map((kind): Segment[] => {
    const color = colorOf(kind, status, paint);
    const { filled, held, rest } = bar(kind.bytes / whole, barWidth, heldOf(kind, status) / whole);
    const text = formatBytes(kind.bytes).padStart(8);
    const rate = kind.bytesPerSecond === undefined ? "" : rateText(kind.bytesPerSecond);
    return [
      [`   ${kind.name.padEnd(9)}`],
      [filled, color],
      [held, color],
      [rest, paint.dim],
      [text],
      [`  ${rate.padEnd(12)}`],
      noteOn(kind, status, paint),
    ];
  });
  if (status.heapLimitBytes === undefined) {
    const why =
      status.seconds < FIRST_WORD_SECONDS
        ? "waiting for the program's first word"
        : isAttached === true
          ? "seen from outside only: kinds and functions need --attach"
          : "no Node.js in it has reported: measured from outside only";
    rows.push([[`   ${why}`, paint.dim]]);
  }
  while (rows.length < KIND_ROWS) rows.push([]);
  return rows.slice(0, KIND_ROWS);
}

/** What V8 holds of the system: above what is used is room for the next objects. */
function heldOf(kind: KindStatus, { heapTotalBytes }: Status): number {
  return kind.name === "js heap" ? heapTotalBytes : kind.bytes;
}

function rateText(rate: number): string {
  return Math.abs(rate) < 10 * 1024 ? "flat" : formatRate(rate);
}

/** The verdict's kinds in the words of this view. */
const ROW_OF: Readonly<Record<string, KindStatus["name"]>> = {
  "js-heap": "js heap",
  workers: "js heap",
  "weakref-held": "js heap",
  "gc-slack": "js heap",
  buffers: "buffers",
  external: "external",
  wasm: "external",
  native: "native",
  mappings: "native",
  "allocator-retained": "native",
  "mapped-files": "files",
};

function colorOf(kind: KindStatus, { diagnosis }: Status, paint: Paint): (text: string) => string {
  const isNamed = ROW_OF[diagnosis.verdict.kind] === kind.name;
  return isNamed && diagnosis.verdict.leak ? paint.red : paint.cyan;
}

function noteOn(
  kind: KindStatus,
  { diagnosis, heapLimitBytes, heapTotalBytes, workers, children }: Status,
  paint: Paint,
): Segment {
  const { verdict } = diagnosis;
  if (ROW_OF[verdict.kind] === kind.name && verdict.leak) return [" ▲ leak", paint.red];
  if (verdict.kind === "gc-slack" && kind.name === "js heap") return [" garbage not yet collected", paint.dim];
  if (kind.name === "js heap") {
    const ofLimit = heapLimitBytes === undefined || workers + children > 0 ? "" : ` of ${formatBytes(heapLimitBytes)}`;
    return [` ${formatBytes(heapTotalBytes)} held${ofLimit}`, paint.dim];
  }
  if (kind.name === "files") return [" code and libraries", paint.dim];
  return [""];
}

function growingLine({ diagnosis }: Status, { columns, paint, cwd }: LiveViewOptions): Segment[] {
  const [growth] = diagnosis.growth;
  if (!growth) return [label("growing", paint), ["nothing found yet", paint.dim]];
  const { where, holder, bytesPerRequest = 0 } = growth;
  const who = where ? `${allocatorWords(growth)} ` : growth.what;
  const perRequest = bytesPerRequest > 0 ? `, ${formatBytes(bytesPerRequest)} a request` : "";
  const rate = `  ${formatRate(growth.bytesPerSecond)}${perRequest}`;
  const free = columns - 1 - LABEL_COLUMNS - displayWidth(who) - displayWidth(rate);
  const place = where ? shortPlace(createCleaner(cwd).path(where.file), where.line, free) : "";
  return [
    label("growing", paint),
    [who],
    [place, paint.cyan],
    [rate],
    [holder === undefined ? "" : `  held by ${holder}`],
  ];
}

/** A package's file by the package; of a long path only the end, so that what follows it is still read. */
function shortPlace(path: string, line: number, columns: number): string {
  const place = formatPlace({ file: path.replace(/^.*\bnode_modules\//, ""), line });
  const parts = place.split("/");
  while (parts.length > 1 && displayWidth(`…/${parts.join("/")}`) > columns) parts.shift();
  const end = parts.join("/");
  return displayWidth(place) <= columns || end === place ? place : `…/${end}`;
}

function activityLine(status: Status, paint: Paint): Segment[] {
  const { gcShare, majors, requests, requestsPerSecond, owned, heapLimitBytes } = status;
  const none = heapLimitBytes === undefined ? "not seen from outside" : "none seen yet";
  const gc = gcShare === undefined ? none : `${formatShare(gcShare)} of time, ${formatCount(majors)} major`;
  const rate = requestsPerSecond === undefined ? "" : `, ${formatCount(requestsPerSecond)}/s`;
  const http = requests === 0 ? "" : `   requests ${formatCount(requests)}${rate}`;
  const values = owned === undefined ? "" : `   owned values ${formatCount(owned)}`;
  return [label("gc", paint), [gc + http + values]];
}

function verdictLine({ diagnosis }: Status, paint: Paint): Segment[] {
  const { mark, claim, sure, tone } = headline(diagnosis.verdict);
  const color = tone === "bad" ? paint.red : tone === "good" ? paint.green : paint.yellow;
  return [
    label("verdict", paint),
    [`${mark} ${claim}`, (text) => paint.bold(color(text))],
    [sure === undefined ? "" : `, ${sure}`],
  ];
}

function explanation({ diagnosis: { verdict } }: Status): string {
  return verdict.kind === "undetermined" && verdict.wouldChange !== "" ? verdict.wouldChange : verdict.sentence;
}
