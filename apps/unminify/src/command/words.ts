/**
 * What a run did, in words for the terminal.
 */
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
  if (isVerbose)
    for (const { phase, milliseconds, rssBytes } of phases)
      lines.push(
        `  ${phase.padEnd(8)} ${milliseconds.toFixed(0).padStart(6)} ms ${(rssBytes / 2 ** 20).toFixed(0).padStart(5)} MB`,
      );
  return `${lines.join("\n")}\n`;
}
