/**
 * From a recording to a verdict. Every thread and every process that could not be entered is judged by
 * all rules; the strongest verdict is the headline. Pure, and cheap enough for once a second.
 */
import type { ProcessRecording, Recording } from "../monitor/remote/recording.ts";
import { judgeChannel } from "./channel.ts";
import { type Evidence, type EvidenceTime, outsideEvidence, silentSeconds, threadEvidence } from "./evidence.ts";
import type { Diagnosis, Finding, ProcessDiagnosis, RuledOut, Verdict } from "./finding.ts";
import { keptChannels } from "./leak.ts";
import { explainByOwner } from "./owner.ts";
import { rules } from "./rules/index.ts";

/** Nothing can be told of a process that lived for less. */
const BRIEF_SECONDS = 10;
const YOUNG_SECONDS = 20;

/** When a diagnosis is made. */
export interface DiagnoseOptions {
  /** Judge what was seen until then, in milliseconds since the epoch. Default: everything. */
  readonly nowMs?: number;
  /** True when the program has ended. Default: whether the recording says so. */
  readonly ended?: boolean;
}

/**
 * Says what grows in a watched program, whether that is a leak, which code allocates it, and what was
 * ruled out.
 *
 * @param recording - everything that was seen; not changed.
 */
export function diagnose(recording: Recording, options: DiagnoseOptions = {}): Diagnosis {
  const time: EvidenceTime = {
    nowMs: options.nowMs ?? Number.POSITIVE_INFINITY,
    ended: options.ended ?? recording.endedAtMs !== undefined,
  };
  const judged = recording.processes.flatMap((process) => judgeProcess(process, time));
  const strongest = judged.reduce<Judged | undefined>(
    (best, each) => (best && outranks(best, each) ? best : each),
    undefined,
  );
  const processes = judged.map(({ diagnosis }) => diagnosis);
  const secondsToLimit = timeToLimit(recording, time, strongest?.evidence);
  return {
    verdict: strongest?.diagnosis.verdict ?? nothingSeen(),
    growth: strongest?.diagnosis.growth ?? [],
    processes,
    ...(secondsToLimit === undefined ? {} : { secondsToLimit }),
  };
}

interface Judged {
  readonly diagnosis: ProcessDiagnosis;
  readonly evidence: Evidence;
}

function judgeProcess(process: ProcessRecording, time: EvidenceTime): Judged[] {
  const isAnswered = process.observed && process.threads.length > 0 && silentSeconds(process, time.nowMs) === undefined;
  const threads = process.threads.filter(({ threadId }) => isAnswered || threadId !== 0);
  const evidences = threads.map((thread) => threadEvidence(process, thread, time));
  if (!isAnswered) evidences.unshift(outsideEvidence(process, time));
  return evidences.map((evidence) => {
    const { verdict, growth } = judge(evidence);
    const { pid, name, observed } = process;
    const thread = evidence.thread === undefined ? {} : { thread: evidence.thread };
    return { evidence, diagnosis: { pid, ...thread, name, observed, verdict, growth } };
  });
}

/** The surest leak, else the first rule that holds; the others are ruled out, each with its reason. */
function judge(evidence: Evidence): { verdict: Verdict; growth: Finding["growth"] } {
  const findings: Finding[] = [];
  const ruledOut: RuledOut[] = [];
  for (const rule of rules) {
    const result = rule.judge(evidence);
    if (typeof result === "string") ruledOut.push({ kind: rule.kind, why: result });
    else findings.push(result);
  }
  const best = findings.reduce<Finding | undefined>((a, b) => (a && strength(a) >= strength(b) ? a : b), undefined);
  if (!best) return { verdict: nothingSeen(), growth: [] };
  for (const { kind, sentence } of findings) {
    if (kind !== best.kind) ruledOut.push({ kind, why: `holds too, but says less: ${sentence}` });
  }
  const { growth, ...verdict } = explainByOwner(best, evidence.owned);
  return { verdict: { ...verdict, ruledOut }, growth };
}

/** Leaks by confidence times rate, growth that is not explained by its rate; 0 for everything else. */
function strength({ leak, confidence, growth }: Pick<Finding, "leak" | "confidence" | "growth">): number {
  const rate = growth.reduce((sum, each) => sum + Math.max(0, each.bytesPerSecond), 0);
  if (leak) return 2 ** 60 + confidence * rate;
  return rate;
}

function outranks(a: Judged, b: Judged): boolean {
  const [x, y] = [a, b].map(({ diagnosis: { verdict, growth } }) =>
    strength({ leak: verdict.leak, confidence: verdict.confidence, growth }),
  );
  if (x !== undefined && y !== undefined && x !== y) return x > y;
  return weight(a) >= weight(b);
}

/** Nothing grows for sure: what may grow comes first, then the largest process that can be judged. */
function weight({ evidence, diagnosis }: Judged): number {
  const mayGrow = keptChannels(evidence).some(({ channel }) => channel.state === "may-grow");
  if (mayGrow) return 2 ** 60 + evidence.peakRssBytes;
  const { observed, thread, peakRssBytes, seconds } = evidence;
  const isOpen = diagnosis.verdict.kind === "undetermined";
  // What has lived for a while and is still open must not hide behind a smaller process that is well.
  const known = isOpen && seconds < BRIEF_SECONDS ? 0.5 : 1;
  return peakRssBytes * known * (observed ? 1 : 0.1) * (thread === undefined ? 1 : weightOfWorker(isOpen, seconds));
}

/** A worker that is well says nothing of its process; a young one that is open comes first. In a large pool most stay open. */
function weightOfWorker(isOpen: boolean, seconds: number): number {
  return isOpen && seconds >= BRIEF_SECONDS && seconds < YOUNG_SECONDS ? 1.01 : 0.25;
}

/** At the present rate of the whole tree's resident set, or of the heap where V8's own limit is the tightest. */
function timeToLimit(recording: Recording, time: EvidenceTime, strongest: Evidence | undefined): number | undefined {
  const { bytes, source } = recording.limit;
  if (bytes === null || time.ended) return undefined;
  const channel = /V8|heap/i.test(source) ? strongest?.heap : judgeChannel(residentOfTree(recording, time.nowMs));
  if (channel?.state !== "grows" || !channel.slope) return undefined;
  return Math.max(0, (bytes - channel.lastBytes) / channel.slope.bytesPerSecond);
}

/** One point in 2 s over the last minute: the newest reading of every process that lived then. */
function residentOfTree(recording: Recording, nowMs: number): { timeMs: number; bytes: number }[] {
  const newest = Math.min(nowMs, Math.max(...recording.processes.map((p) => p.resident.at(-1)?.timeMs ?? 0)));
  const first = Math.max(recording.startedAtMs + 2_000, newest - 60_000);
  const points: { timeMs: number; bytes: number }[] = [];
  for (let timeMs = newest; timeMs >= first; timeMs -= 2_000) {
    let bytes = 0;
    for (const process of recording.processes) {
      if (process.endedAtMs !== undefined && process.endedAtMs < timeMs) continue;
      bytes += process.resident.findLast((sample) => sample.timeMs <= timeMs)?.rssBytes ?? 0;
    }
    points.unshift({ timeMs, bytes });
  }
  return points;
}

function nothingSeen(): Verdict {
  return {
    kind: "undetermined",
    leak: false,
    confidence: 0,
    sentence: "Nothing was seen of the program yet: needs about 20 s",
    evidence: [],
    ruledOut: [],
    next: ["Let it run on, under its usual load."],
    wouldChange: "Readings from the program.",
  };
}
