/**
 * Why a program ended, in words and figures. A signal's number alone says little: SIGKILL is what the
 * kernel's out-of-memory killer sends, and anybody else may send it too; 134 is how V8 ends when its
 * heap is full, and how a failed check ends. The killer's counters, the last sizes seen and the last
 * words of each thread tell these apart; where they do not, that is said.
 */
import { constants } from "node:os";
import { formatBytes } from "../../base/bytes.ts";
import type { ProcessRecording, Recording } from "../../monitor/remote/recording.ts";
import { listOtherDeaths } from "./exit-others.ts";
import { fullestHeap, lastResident, lastTotal, type Reading } from "./last-reading.ts";
import { judgeOom, type OomJudgement } from "./oom-judgement.ts";

/** How a program ended. */
export const EXIT_KINDS = ["code", "heap-limit", "oom-killer", "killed", "abort", "crash", "signal", "unseen"] as const;

/** One of {@link EXIT_KINDS}: `heap-limit` is V8's own, `oom-killer` the kernel's, `killed` SIGKILL from anybody else. */
export type ExitKind = (typeof EXIT_KINDS)[number];

/** An end explained. */
export interface ExitExplanation {
  readonly kind: ExitKind;
  /** True when it, or something that it had started, ended for lack of memory. */
  readonly outOfMemory: boolean;
  /** In one sentence, with figures. */
  readonly cause: string;
}

/** So near to its limit a heap was full: it grows on between two samples. */
const NEAR = 0.7;
/** Errors told so shortly before an end are its cause. */
const LAST_WORDS_MS = 3_000;

/** Says how the started command ended, and what died of memory before it. */
export function explainExit(recording: Recording): ExitExplanation {
  const own = explainCommand(recording);
  const others = listOtherDeaths(recording, own.kind === "oom-killer");
  return {
    kind: own.kind,
    outOfMemory: own.outOfMemory || others.length > 0,
    cause: [own.cause, ...others.slice(0, 3)].join("; ") + (others.length > 3 ? `; and ${others.length - 3} more` : ""),
  };
}

function explainCommand(recording: Recording): ExitExplanation {
  const { exit } = recording;
  if (!exit) return recording.attached === true ? explainAttached(recording) : explainUnseen(recording);
  const signal = exit.signal ?? signalOfCode(exit.code);
  if (signal === undefined) return explainCode(recording, exit.code);
  const victim = findVictim(recording);
  const label = exit.signal === null ? `code ${exit.code}, ${signal}` : signal;
  switch (signal) {
    case "SIGABRT":
    case "SIGTRAP":
      return explainAbort(recording, victim, signal);
    case "SIGKILL":
      return explainKill(recording, victim, label);
    case "SIGSEGV":
    case "SIGBUS":
    case "SIGILL":
      return known("crash", `crashed with ${label}: a fault in native code${heldWords(recording, victim)}`);
    case "SIGINT":
      return known("signal", `ended by ${label} (Ctrl-C)`);
    case "SIGTERM":
      return known("signal", `ended by ${label} (asked to stop)`);
    default:
      return known("signal", `ended by ${label}`);
  }
}

function known(kind: ExitKind, cause: string, outOfMemory = false): ExitExplanation {
  return { kind, outOfMemory, cause };
}

function explainCode(recording: Recording, code: number | null): ExitExplanation {
  const cause = `ended with code ${code ?? "unknown"}`;
  const main = recording.processes[0]?.threads.find(({ threadId }) => threadId === 0);
  const fatal = main?.fatal;
  const isRecent = fatal !== undefined && (main?.endedAtMs ?? Infinity) - fatal.timeMs < LAST_WORDS_MS;
  // 1 is Node's code for an error that nobody caught, 7 for one in the handler of such errors.
  if (!isRecent || (code !== 1 && code !== 7)) return known("code", cause);
  const name = fatal.code === undefined ? fatal.name : `${fatal.name} (${fatal.code})`;
  if (fatal.isAllocation !== true) return known("code", `${cause}: nobody caught the ${name}`);
  return known("code", `${cause}: memory could not be allocated, and nobody caught the ${name}`, true);
}

/** Shells and npm end with 128 + the signal of what they had started: that is whom the words are about. */
function findVictim({ exit, processes }: Recording): ProcessRecording | undefined {
  const [root, ...others] = processes;
  if (exit?.signal !== null || root?.observed === true) return root;
  const isSilent = (one: ProcessRecording): boolean =>
    one.threads.some(({ threadId, exitCode }) => threadId === 0 && exitCode === undefined);
  return others.filter(isSilent).sort((a, b) => (b.endedAtMs ?? 0) - (a.endedAtMs ?? 0))[0] ?? root;
}

function explainAbort(recording: Recording, victim: ProcessRecording | undefined, signal: string): ExitExplanation {
  const label = `(code ${signal === "SIGTRAP" ? 133 : 134}, ${signal})`;
  const { crash } = recording;
  if (crash !== undefined) {
    const isHeap = /heap out of memory/i.test(crash);
    const cause = isHeap ? `V8 heap out of memory ${label}` : `aborted ${label}`;
    return known(isHeap ? "heap-limit" : "abort", `${cause}; Node's crash report names "${crash}"`, isHeap);
  }
  const heap = victim && fullestHeap(recording, victim);
  if (heap && heap.bytes >= NEAR * heap.limitBytes) {
    const words = `${formatBytes(heap.bytes)} of its limit of ${formatBytes(heap.limitBytes)} were in use ${ago(heap)}`;
    return known("heap-limit", `V8 heap out of memory ${label}: ${words}`, true);
  }
  if (heap && heap.estimateBytes >= NEAR * heap.limitBytes) {
    const words = `its heap of ${formatBytes(heap.bytes)} can have grown to ${formatBytes(heap.estimateBytes)} in its last ${seconds(heap.seconds)}, and its limit is ${formatBytes(heap.limitBytes)}`;
    return known("heap-limit", `most likely V8 heap out of memory ${label}: ${words}`, true);
  }
  if (signal === "SIGTRAP") {
    return known("abort", `stopped by a check in V8 ${label}, as when one array or map outgrows what V8 allows`);
  }
  if (!heap) return known("abort", `aborted ${label}: V8 heap out of memory, or a failed check in Node or an addon`);
  const words = `${formatBytes(heap.bytes)} of ${formatBytes(heap.limitBytes)} were in use ${ago(heap)}`;
  return known(
    "abort",
    `aborted ${label} by a failed check in Node or an addon, or by itself; V8's heap was not full: ${words}`,
  );
}

function explainKill(recording: Recording, victim: ProcessRecording | undefined, label: string): ExitExplanation {
  const judgement = judgeKill(recording, victim);
  const { words } = judgement;
  const held = heldWords(recording, victim);
  const { bytes } = recording.limit;
  switch (judgement.by) {
    case "killed":
      return known("oom-killer", `killed by the kernel's out-of-memory killer: ${words}${held}`, true);
    case "likely":
      return known(
        "oom-killer",
        `killed by ${label}, most likely by the kernel's out-of-memory killer: ${words}${held}`,
        true,
      );
    case "spared":
      return known(
        "killed",
        `killed by ${label} from someone else than the kernel's out-of-memory killer (${words}): a person, an orchestrator, or a killer such as systemd-oomd${held}`,
      );
    case "unknown":
      if (bytes !== null && lastTotal(recording).bytes >= 0.8 * bytes) {
        return known(
          "oom-killer",
          `killed by ${label} – most likely the kernel's out-of-memory killer: ${words}${held}`,
          true,
        );
      }
      return known("killed", `killed by ${label} – the kernel's out-of-memory killer or someone else: ${words}${held}`);
  }
}

/** Of processes that ended together the one that was looked at first carries the count. */
function judgeKill({ processes }: Recording, victim: ProcessRecording | undefined): OomJudgement {
  const [root] = processes;
  const endMs = root?.oom?.after.timeMs ?? 0;
  const together = processes.filter(({ oom }) => oom !== undefined && Math.abs(oom.after.timeMs - endMs) < 1_000);
  const candidates = [victim, root, ...together].map((one) => judgeOom(one?.oom));
  return candidates.find(({ by }) => by === "killed") ?? judgeOom(root?.oom);
}

/** Somebody else's child: the counters and the last words are known, the code is not. */
function explainAttached(recording: Recording): ExitExplanation {
  const [root] = recording.processes;
  if (root?.endedAtMs === undefined) return known("unseen", "it was still running when it was last seen");
  const { by, words } = judgeOom(root.oom);
  const held = heldWords(recording, root);
  if (by === "killed") return known("oom-killer", `killed by the kernel's out-of-memory killer: ${words}${held}`, true);
  if (/heap out of memory/i.test(recording.crash ?? "")) {
    return known("heap-limit", `V8 heap out of memory: Node's crash report names "${recording.crash}"${held}`, true);
  }
  const said = root.threads.find(({ threadId }) => threadId === 0)?.exitCode;
  if (said !== undefined) return known("code", `ended with code ${said}`);
  return known(
    "unseen",
    `it ended while it was watched; its exit code or signal only its parent knows${by === "likely" ? `, and ${words}` : ""}${held}`,
    by === "likely",
  );
}

/** The watcher was killed too: only what the kernel counts is left. */
function explainUnseen(recording: Recording): ExitExplanation {
  const [root] = recording.processes;
  if (root?.oom === undefined) return known("unseen", "its end was not seen");
  const { by, words, mayBeWatcher } = judgeOom(root.oom);
  const held = heldWords(recording, root);
  if (by === "killed") {
    const cause =
      mayBeWatcher === true
        ? `its end was not seen: the kernel's out-of-memory killer killed it or Plimsoll's watcher, and the other ended too: ${words}${held}`
        : `killed by the kernel's out-of-memory killer: ${words}${held}; Plimsoll's watcher was killed too`;
    return known("oom-killer", cause, true);
  }
  const why =
    by === "likely"
      ? `, and ${words}`
      : by === "spared"
        ? `; it was not the kernel's out-of-memory killer: ${words}`
        : "";
  return known("unseen", `its end was not seen, as Plimsoll's watcher was killed too${why}${held}`, by === "likely");
}

function heldWords(recording: Recording, victim: ProcessRecording | undefined): string {
  const [root] = recording.processes;
  const total = lastTotal(recording);
  if (victim && victim !== root) {
    const last = lastResident(recording, victim);
    return last ? `; ${victim.name} (pid ${victim.pid}) held ${formatBytes(last.bytes)} ${ago(last)}` : "";
  }
  if (total.bytes === 0) return "";
  const who = total.processes > 1 ? `the program's ${total.processes} processes` : "the program";
  return `; ${who} held ${formatBytes(total.bytes)} ${ago(total)}`;
}

/** `0.4 s before` */
function ago(reading: Pick<Reading, "seconds">): string {
  return `${seconds(reading.seconds)} before`;
}

/** Readings are 50 ms apart: no more than two digits. */
function seconds(value: number): string {
  return value < 0.095 ? `${Math.max(0.01, Number(value.toFixed(2)))} s` : `${Number(value.toFixed(1))} s`;
}

/** Shells report death by a signal as 128 + its number. */
function signalOfCode(code: number | null): string | undefined {
  if (code === null || code <= 128) return undefined;
  return Object.entries(constants.signals).find(([, number]) => number === code - 128)?.[0];
}
