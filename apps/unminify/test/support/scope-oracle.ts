/**
 * Compares who declares what with acorn and eslint-scope, by position. A split (two names for one
 * variable) would break a program and must not happen; a merge (one name for two variables) is safe
 * where it is deliberate, because both keep clear of everything around either.
 */
import { parse } from "acorn";
import { analyze, type Variable } from "eslint-scope";
import { bindingOf } from "../../src/naming/offline-names.ts";
import type { Analysis, SourceType } from "../../src/scope/analyse.ts";
import { FREE } from "../../src/scope/tables.ts";

/** What was compared. */
export interface Comparison {
  /** Occurrences that both bind. */
  readonly compared: number;
  /** Positions that the oracle knows and the analysis does not, or the other way round. */
  readonly unmatched: readonly string[];
  readonly splits: readonly string[];
  /** Names that stand for several of the oracle's variables. */
  readonly merges: readonly string[];
}

/** Compares an analysis with the oracle's. */
export function compareWithOracle(text: string, analysis: Analysis, sourceType: SourceType): Comparison {
  const tree = parse(text, { ecmaVersion: "latest", sourceType, ranges: true, allowHashBang: true });
  const manager = analyze(tree as never, {
    ecmaVersion: 2024,
    sourceType: sourceType === "commonjs" ? "script" : sourceType,
    ignoreEval: true,
  });
  const rootAt = new Map<number, number>();
  for (const index of analysis.order) {
    const isFree = (analysis.occurrences.targets.get(index) & FREE) !== 0;
    rootAt.set(analysis.occurrences.positions.get(index), isFree ? 0 : bindingOf(analysis, index));
  }
  const unmatched: string[] = [];
  const splits: string[] = [];
  const owners = new Map<number, Set<Variable>>();
  let compared = 0;
  const seen = new Set<number>();
  for (const scope of manager.scopes)
    for (const variable of scope.variables) {
      const positions = new Set([
        ...variable.identifiers.map(({ range }) => range?.[0] ?? 0),
        ...variable.references.map(({ identifier }) => identifier.range?.[0] ?? 0),
      ]);
      const roots = new Set<number>();
      for (const position of positions) {
        const root = rootAt.get(position);
        seen.add(position);
        if (root === undefined) unmatched.push(`${variable.name} at ${position} is not known`);
        else roots.add(root);
        compared++;
      }
      if (variable.identifiers.length === 0 || isImplicit(variable)) continue;
      if (roots.size > 1) splits.push(`${variable.name} at ${[...positions].join(", ")}`);
      for (const root of roots) owners.set(root, (owners.get(root) ?? new Set()).add(variable));
    }
  for (const { identifier } of manager.globalScope?.through ?? []) {
    const position = identifier.range?.[0] ?? 0;
    const root = rootAt.get(position);
    seen.add(position);
    if (root !== 0) unmatched.push(`${text.slice(position, position + 10)} at ${position} is free for the oracle`);
  }
  const merges: string[] = [];
  for (const [root, variables] of owners)
    if (root !== 0 && countOf(variables) > 1) merges.push([...variables][0]?.name ?? "");
  return { compared, unmatched, splits, merges };
}

/** `arguments` has no declaration. */
function isImplicit(variable: Variable): boolean {
  return variable.name === "arguments" && variable.identifiers.length === 0;
}

/** A class declaration has two variables for the oracle, with one token: they count as one. */
function countOf(variables: ReadonlySet<Variable>): number {
  return new Set([...variables].map(({ identifiers }) => identifiers[0]?.range?.[0])).size;
}
