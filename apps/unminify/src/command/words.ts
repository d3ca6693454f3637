/**
 * What a run did, in words for the terminal.
 */
import type { CallEstimate, ModelSummary } from "../model/names-from-model.ts";
import type { UnminifyResult } from "../unminify.ts";

/** A few lines; with `isVerbose` the phases as well. */
export function describeResult(result: UnminifyResult, isVerbose: boolean): string {
  const { bindings, renamed, kept, evidence, phases } = result;
  const strongest = Object.entries(evidence)
    .sort(([, a], [, b]) => b - a)
    .slice(0, 4)
    .map(([kind, count]) => `${kind} ${count}`);
  const seconds = phases.reduce((sum, { milliseconds }) => sum + milliseconds, 0) / 1000;
  const lines = [
    `${result.input} → ${result.output}`,
    `  ${renamed} of ${bindings} names are new (${strongest.join(", ")}); ${kept} are kept because the outside can see them`,
    `  ${result.isVerified ? "checked: nothing but names differs" : "not checked"}; ${seconds.toFixed(1)} s`,
  ];
  const { modules, split } = result;
  const parts = split ? `: ${split.files} in files of their own, ${split.kept} in the index` : "";
  if (modules) lines.push(`  a ${modules.kind} bundle of ${modules.count} modules${parts}`);
  if (isVerbose) lines.push(`  ${describeChunks(result.chunks)}`);
  if (isVerbose)
    for (const { phase, milliseconds, rssBytes } of phases)
      lines.push(
        `  ${phase.padEnd(8)} ${milliseconds.toFixed(0).padStart(6)} ms ${(rssBytes / 2 ** 20).toFixed(0).padStart(5)} MB`,
      );
  return `${lines.join("\n")}\n`;
}

const SHOWN_ENDS = 6;

function describeChunks({ count, ends }: UnminifyResult["chunks"]): string {
  const shown = ends.slice(0, SHOWN_ENDS).join(", ");
  const where = shown === "" ? "" : `, which end at byte ${shown}${count > SHOWN_ENDS ? ", …" : ""}`;
  return `written in ${count} ${count === 1 ? "piece" : "pieces"}${where}`;
}

/** What is about to be asked, before the first call. */
export function describeEstimate(estimate: CallEstimate): string {
  const { bindings, calls, callsDone, tokensToSend, tokensToReceive } = estimate;
  const known = callsDone > 0 ? `; ${callsDone} are answered already` : "";
  return (
    `${bindings} names in ${calls} calls${known}: ` +
    `about ${rounded(tokensToSend)} tokens to send and ${rounded(tokensToReceive)} to receive\n`
  );
}

/** What came of asking. */
export function describeModel(summary: ModelSummary): string {
  const { named, bindings, answeredCalls, failedCalls, requests, isComplete, journalPath } = summary;
  const failures = failedCalls > 0 ? `, no answer to ${failedCalls}` : "";
  const rest = isComplete ? "" : `  not all was asked: --resume goes on with ${journalPath}\n`;
  return `  model: ${named} of ${bindings} names; ${answeredCalls} calls answered in ${requests} requests${failures}\n${rest}`;
}

function rounded(count: number): string {
  if (count < 1000) return String(count);
  return count < 1_000_000 ? `${Math.round(count / 1000)} k` : `${(count / 1_000_000).toFixed(1)} M`;
}
