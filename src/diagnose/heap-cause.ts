/**
 * What a growing heap is made of, decided once for the rules that share it: code and contexts, the
 * targets of WeakRefs in a turn that does not end, the heap of a worker, or plain objects.
 */
import { formatBytes } from "../base/bytes.ts";
import type { ExperimentResult } from "../monitor/remote/recording.ts";
import type { Evidence } from "./evidence.ts";
import type { Finding, VerdictKind } from "./finding.ts";
import type { CodeGrowth } from "./heap-course.ts";
import { judgeLeak } from "./leak.ts";
import { seconds } from "./wording.ts";

/** The kind, and why it is that one. */
export interface HeapCause {
  readonly kind: "js-heap" | "workers" | "compiled-code" | "weakref-held";
  readonly why: string;
}

/** Code must explain so much of the growth of a heap. */
const CODE_SHARE = 0.3;
const MIN_CODE_BYTES = 2 ** 20;
/** A module that is generated and kept holds its source and its functions; where the heap grows by more for each, it holds more. */
const MAX_MODULE_BYTES = 256 * 2 ** 10;
/** What the end of a turn must free to be the cause, beyond what a collection in the turn did. */
const MIN_TURN_BYTES = 4 * 2 ** 20;
const TURN_SHARE = 0.5;

/** Tells what a growing heap holds. */
export function heapCause(evidence: Evidence): HeapCause {
  if (evidence.heap?.state === "grows") {
    const turn = turnOf(evidence);
    if (turn !== undefined) return { kind: "weakref-held", why: turn.why };
    const code = codeWhy(evidence);
    if (code !== undefined) return { kind: "compiled-code", why: code };
  }
  if (evidence.thread !== undefined) {
    return { kind: "workers", why: `the heap of worker ${evidence.thread}, not the main thread's` };
  }
  return { kind: "js-heap", why: "objects of the main thread" };
}

/** The finding of {@link judgeLeak} on the heap, under another kind. */
export function judgeHeapAs(
  evidence: Evidence,
  kind: VerdictKind,
  words: { readonly sentence?: string; readonly evidence?: readonly string[]; readonly next: readonly string[] },
): Finding | string {
  const finding = judgeLeak(evidence, "js-heap", words.next);
  if (typeof finding === "string") return finding;
  return {
    ...finding,
    kind,
    sentence: words.sentence ?? finding.sentence,
    evidence: [...(words.evidence ?? []), ...finding.evidence],
    growth: finding.growth.map((each) => (each.kind === "js-heap" ? { ...each, kind } : each)),
  };
}

/** The `turn` experiment that freed what a collection in the turn could not. */
export function turnOf({ experiments = [] }: Evidence): { experiment: ExperimentResult; why: string } | undefined {
  for (const experiment of experiments.toReversed()) {
    const { name, outcome, collected, after } = experiment;
    if (name !== "turn" || outcome !== "done" || !collected || !after) continue;
    const freed = collected.heapUsedBytes - after.heapUsedBytes;
    if (freed < MIN_TURN_BYTES || freed < TURN_SHARE * collected.heapUsedBytes) return undefined;
    const why = `a collection within a turn left ${formatBytes(collected.heapUsedBytes)}; when the turn had ended, another left ${formatBytes(after.heapUsedBytes)}`;
    return { experiment, why };
  }
  return undefined;
}

/** Why the heap's growth is code, or `undefined`. */
function codeWhy({ code }: Evidence): string | undefined {
  if (!code) return undefined;
  const { contexts, codeBytes, firstCodeBytes, heapRiseBytes } = code;
  if (contexts.state === "grows") {
    return `${contexts.firstBytes} global environments (vm contexts), then ${contexts.lastBytes} within ${seconds(contexts.seconds)}`;
  }
  const modules = modulesWhy(code);
  if (modules !== undefined) return modules;
  const rise = codeBytes - firstCodeBytes;
  if (rise < MIN_CODE_BYTES || rise < CODE_SHARE * heapRiseBytes) return undefined;
  return `machine code and bytecode went from ${formatBytes(firstCodeBytes)} to ${formatBytes(codeBytes)}, ${Math.round((100 * rise) / Math.max(1, heapRiseBytes))}% of what the heap grew by within ${seconds(code.seconds)}`;
}

/** Modules under ever new names, where they come fast enough to be what the heap grows by. */
function modulesWhy({ modules, moduleHeapRiseBytes }: CodeGrowth): string | undefined {
  if (modules?.state !== "grows") return undefined;
  const bytesEach = moduleHeapRiseBytes / Math.max(1, modules.lastBytes - modules.firstBytes);
  if (bytesEach > MAX_MODULE_BYTES) return undefined;
  return `${Math.round(modules.firstBytes)} CommonJS modules, then ${Math.round(modules.lastBytes)} within ${seconds(modules.seconds)}: the heap grows by ${formatBytes(bytesEach)} for each`;
}
