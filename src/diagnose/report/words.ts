/**
 * Verdicts and figures in words, the same in every form of the report.
 */
import { formatBytes } from "../../base/bytes.ts";
import type { Growth, GrowthLocation, Verdict, VerdictKind } from "../finding.ts";
import type { Report, ReportSubject } from "./report.ts";

const KIND_WORDS: Readonly<Record<VerdictKind, string>> = {
  "js-heap": "JavaScript objects",
  buffers: "Buffers",
  external: "external memory",
  workers: "a worker's heap",
  native: "native memory",
  mappings: "memory mappings",
  "compiled-code": "compiled code",
  "weakref-held": "WeakRef targets",
  wasm: "WebAssembly memory",
  "allocator-retained": "memory kept by the allocator",
  "mapped-files": "file-backed pages",
  "gc-slack": "garbage not yet collected",
  plateau: "growth that levelled off",
  healthy: "no growth",
  undetermined: "not decided",
};

/** A kind of memory or verdict in words: `JavaScript objects`. */
export function kindWords(kind: VerdictKind): string {
  return KIND_WORDS[kind];
}

/** How a verdict should strike the reader. */
export type Tone = "bad" | "good" | "open";

/** A verdict's first line. */
export interface Headline {
  readonly tone: Tone;
  readonly mark: "✗" | "✓" | "?";
  /** `LEAK in JavaScript objects` */
  readonly claim: string;
  /** `98% sure`; absent when nothing was decided. */
  readonly sure?: string;
}

/** A verdict in a few words. */
export function headline(verdict: Verdict): Headline {
  const { kind, leak } = verdict;
  const sure = formatSure(verdict.confidence);
  if (leak) return { tone: "bad", mark: "✗", claim: `LEAK in ${kindWords(kind)}`, sure };
  if (kind === "undetermined") return { tone: "open", mark: "?", claim: "undetermined" };
  if (kind === "healthy") return { tone: "good", mark: "✓", claim: "healthy", sure };
  return { tone: "good", mark: "✓", claim: `no leak: ${kindWords(kind)}`, sure };
}

/** A confidence of 0..1 as `98% sure`, never more than 99. */
export function formatSure(confidence: number): string {
  return `${Math.max(0, Math.min(99, Math.round(confidence * 100)))}% sure`;
}

/** A share of 0..1 in per cent: `2.1%`, `45%`. */
export function formatShare(ratio: number): string {
  const percent = ratio * 100;
  if (percent > 0 && percent < 0.1) return "<0.1%";
  return `${percent < 9.95 ? percent.toFixed(1).replace(".0", "") : percent.toFixed(0)}%`;
}

/** Seconds for people: `0.2 s`, `45 s`, `3 min 12 s`, `2 h 10 min`, `6.9 days`. */
export function formatDuration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1).replace(".0", "")} s`;
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  if (seconds < 3_570) {
    const whole = Math.round(seconds);
    return whole % 60 === 0 || whole >= 600
      ? `${Math.round(seconds / 60)} min`
      : `${Math.floor(whole / 60)} min ${whole % 60} s`;
  }
  if (seconds < 47.5 * 3_600) {
    const minutes = Math.round(seconds / 60);
    return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  }
  return `${(seconds / 86_400).toFixed(1).replace(".0", "")} days`;
}

/** A rate with its sign, in the unit of time that gives a number one can picture: `+1.7 MB/s`, `+25 MB/h`. */
export function formatRate(bytesPerSecond: number): string {
  const sign = bytesPerSecond >= 0 ? "+" : "";
  if (Math.abs(bytesPerSecond) >= 10 * 1024 || bytesPerSecond === 0) return `${sign}${formatBytes(bytesPerSecond)}/s`;
  return `${sign}${formatBytes(bytesPerSecond * 3_600)}/h`;
}

/** Whole numbers with thousands: `41,210`. */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString("en-US");
}

/** `src/server.js:5` */
export function formatPlace(where: Pick<GrowthLocation, "file" | "line">): string {
  return `${where.file}:${where.line}`;
}

/** What a profile taken with inlining on leaves open; nothing to say otherwise. */
export function inlineWords(where: GrowthLocation): string | undefined {
  if (where.inlinedInto === undefined) return undefined;
  return where.inlinedInto === where.function ? "or what V8 inlined into it" : `inlined into ${where.inlinedInto}`;
}

/** Verdicts of other kinds say nothing about what this one is not. */
const NO_KIND: readonly VerdictKind[] = ["healthy", "undetermined"];

/** The kinds of memory and growth that were ruled out, as `[kind in words, why]`. */
export function ruledOutWords({ ruledOut }: Verdict): [string, string][] {
  return ruledOut.filter(({ kind }) => !NO_KIND.includes(kind)).map(({ kind, why }) => [kindWords(kind), why]);
}

/** `buffers (stay flat)`, or the reason alone where it names the kind. */
export function ruledOutInLine([kind, why]: readonly [string, string]): string {
  const [first = kind] = kind.toLowerCase().split(" ");
  const isNamed = why.slice(0, 40).toLowerCase().includes(first);
  return isNamed ? why : `${kind}: ${why}`;
}

/** What grows, with its rate and, where HTTP requests were seen, what each leaves behind. */
export function growthWords(growth: Growth): string {
  const parts = [growth.what, formatRate(growth.bytesPerSecond)];
  if (growth.bytesPerRequest !== undefined && growth.bytesPerRequest > 0) {
    parts.push(`${formatBytes(growth.bytesPerRequest)} kept per request`);
  }
  return parts.join(", ");
}

/** `391 MB, 76% of 512 MB`, of all processes where there are several, or the peak alone without a limit. */
export function peakWords({ limit, peak, processes, total }: Report): string {
  const bytes = Math.max(peak.rssBytes, total?.peakRssBytes ?? 0);
  const share = limit.bytes === null ? "" : `, ${formatShare(bytes / limit.bytes)} of ${formatBytes(limit.bytes)}`;
  const count = new Set(processes.map(({ pid }) => pid)).size;
  return `${formatBytes(bytes)}${total ? ` in ${count} processes` : ""}${share}`;
}

/** In a shorter run the start weighs so much that a share says nothing. */
const SHARE_SECONDS = 5;

/** Plimsoll's own use: `38 MB and 1.2 s CPU beside the program, about 90 ms CPU inside it`. */
export function ownWords({ own, seconds }: Report): string {
  const beside = `${formatBytes(own.rssBytes)} and ${formatCpu(own.cpuMs)} CPU beside the program`;
  const share = seconds >= SHARE_SECONDS ? ` (${formatShare(own.inTargetCpuMs / (seconds * 1_000))} of the time)` : "";
  return `${beside}, about ${formatCpu(own.inTargetCpuMs)} CPU inside it${share}`;
}

function formatCpu(cpuMs: number): string {
  return cpuMs < 1_000 ? `${Math.round(cpuMs)} ms` : formatDuration(cpuMs / 1_000);
}

/** `worker 3 of node server.js (pid 4121)`. */
export function subjectWords(subject: ReportSubject): string {
  const process = `${subject.name} (pid ${subject.pid})`;
  return subject.thread === undefined ? process : `worker ${subject.thread} of ${process}`;
}
