/**
 * How many names an author would recognise: the names of a bundle's source map are the truth, compared
 * exactly and by stem (lower case, without digits and underscores at either end).
 */
import { readFileSync } from "node:fs";
import { eachMapping, TraceMap } from "@jridgewell/trace-mapping";
import { bindingOf, proposeNames } from "../../apps/unminify/src/naming/offline-names.ts";
import { assignNames } from "../../apps/unminify/src/rename/assign-names.ts";
import { analyse } from "../../apps/unminify/src/scope/analyse.ts";

/** Shares of the bindings whose true name is known, from 0 to 1. */
export interface NameScore {
  readonly bindings: number;
  readonly exact: number;
  readonly stem: number;
  /** By stem, for what the minifier left. */
  readonly before: number;
}

/** Scores the offline names of a bundle against its source map. */
export function scoreNames(bundle: string, map: string): NameScore {
  const text = readFileSync(bundle, "utf8");
  const analysis = analyse(text, "script");
  const proposals = proposeNames(analysis);
  const final = assignNames(analysis, (root) => proposals.get(root)?.name);
  const truths = trueNames(text, map);
  const votes = new Map<number, Map<string, number>>();
  for (const index of analysis.order) {
    const root = bindingOf(analysis, index);
    const truth = truths.get(analysis.occurrences.positions.get(index));
    if (root === 0 || truth === undefined) continue;
    const counts = votes.get(root) ?? new Map<string, number>();
    votes.set(root, counts.set(truth, (counts.get(truth) ?? 0) + 1));
  }
  let exact = 0;
  let stems = 0;
  let before = 0;
  for (const [root, counts] of votes) {
    const [truth = ""] = [...counts].sort(([, a], [, b]) => b - a)[0] ?? [];
    if (final.textOf(root) === truth) exact++;
    if (stem(final.textOf(root)) === stem(truth)) stems++;
    if (stem(analysis.names.nameOf(analysis.bindings.names.get(root))) === stem(truth)) before++;
  }
  const share = (count: number): number => count / votes.size;
  return { bindings: votes.size, exact: share(exact), stem: share(stems), before: share(before) };
}

function trueNames(text: string, map: string): Map<number, string> {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  const names = new Map<number, string>();
  eachMapping(new TraceMap(readFileSync(map, "utf8")), ({ name, generatedLine, generatedColumn }) => {
    if (name !== null) names.set((starts[generatedLine - 1] ?? 0) + generatedColumn, name);
  });
  return names;
}

function stem(name: string): string {
  return name.toLowerCase().replaceAll(/^[_\d]+|[_\d]+$/g, "");
}
