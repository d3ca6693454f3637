/**
 * What a report shows of the names, taken while the tables exist and small enough to outlive them.
 */
import { bindingOf } from "../naming/offline-names.ts";
import { EVIDENCE, type EvidenceKind } from "../naming/evidence.ts";
import type { NameProposals } from "../naming/proposals.ts";
import type { FinalNames } from "../rename/assign-names.ts";
import type { Analysis } from "../scope/analyse.ts";
import { FREE } from "../scope/tables.ts";

/** Names of one kind of evidence. */
export interface EvidenceDigest {
  readonly kind: string;
  /** How sure such names are, from 0 to 1; undefined where a name only makes way for others. */
  readonly weight: number | undefined;
  readonly count: number;
  /** Of the most used bindings: what they were called, and are. */
  readonly examples: readonly (readonly [before: string, after: string])[];
}

/** A part of the source. */
export interface Part {
  readonly label: string;
  readonly characters: number;
}

/** How the source is divided. */
export interface Division {
  /** `webpack`, `Browserify`, or undefined where all modules share one scope. */
  readonly kind: string | undefined;
  readonly count: number;
  /** The largest, and the rest as one. */
  readonly parts: readonly Part[];
}

/** What is kept for the report. */
export interface ReportDigest {
  readonly evidence: readonly EvidenceDigest[];
  readonly division: Division;
}

const EXAMPLES = 4;
/** Among so many there are four that differ. */
const CANDIDATES = 12;
/** What a run needs for its report beside all else: 4 to 6 MB on bundles of 1 to 14 MB. */
export const REPORT_BYTES = 8 * 2 ** 20;

const MAX_PARTS = 400;
/** Functions shorter than this are not told apart. */
const MIN_PART_CHARACTERS = 200;
const IN_THE_WAY = "out of the way of others";

/** Digests what a run has found and decided. */
export function digest(analysis: Analysis, final: FinalNames, proposals: NameProposals): ReportDigest {
  return { evidence: digestEvidence(analysis, final, proposals), division: divide(analysis, final) };
}

function digestEvidence(analysis: Analysis, final: FinalNames, proposals: NameProposals): EvidenceDigest[] {
  const { bindings, names, order } = analysis;
  const uses = new Uint32Array(bindings.size);
  for (const index of order) {
    const root = bindingOf(analysis, index);
    uses[root] = (uses[root] ?? 0) + 1;
  }
  const kinds = new Map<string, { count: number; most: number[] }>();
  for (let binding = 1; binding < bindings.size; binding++) {
    if (final.textOf(binding) === names.nameOf(bindings.names.get(binding))) continue;
    const kind = proposals.get(bindings.root(binding))?.kind ?? IN_THE_WAY;
    const known = kinds.get(kind) ?? { count: 0, most: [] as number[] };
    known.count++;
    if (known.most.length < CANDIDATES || (uses[binding] ?? 0) > (uses[known.most.at(-1) ?? 0] ?? 0))
      known.most = [...known.most, binding].sort((a, b) => (uses[b] ?? 0) - (uses[a] ?? 0)).slice(0, CANDIDATES);
    kinds.set(kind, known);
  }
  return [...kinds]
    .map(([kind, { count, most }]) => ({
      kind,
      weight: kind in EVIDENCE ? EVIDENCE[kind as EvidenceKind] : undefined,
      count,
      examples: most
        .map((binding) => [final.textBefore(binding), final.textOf(binding)] as const)
        .filter(([, name], index, all) => all.findIndex(([, other]) => other === name) === index)
        .slice(0, EXAMPLES),
    }))
    .sort((a, b) => (b.weight ?? 0) - (a.weight ?? 0) || b.count - a.count);
}

function divide(analysis: Analysis, final: FinalNames): Division {
  const { modules } = analysis;
  const parts = modules
    ? modules.modules.map(({ id, start, end }) => ({ label: id, characters: end - start }))
    : functionParts(analysis, final);
  const sorted = parts.toSorted((a, b) => b.characters - a.characters);
  const rest = sorted.slice(MAX_PARTS);
  const others = { label: `${rest.length} others`, characters: rest.reduce((sum, part) => sum + part.characters, 0) };
  return {
    kind: modules?.kind,
    count: parts.length,
    parts: [...sorted.slice(0, MAX_PARTS), ...(rest.length > 0 ? [others] : [])].sort(
      (a, b) => b.characters - a.characters,
    ),
  };
}

/** Where nothing but scopes divides a program: the functions that the scope with most of them holds. */
function functionParts({ scopes, order, occurrences, bindings }: Analysis, final: FinalNames): Part[] {
  const held = new Map<number, number>();
  const isPart = (scope: number): boolean => scopes.ends.get(scope) - scopes.starts.get(scope) >= MIN_PART_CHARACTERS;
  for (let scope = 1; scope < scopes.size; scope++)
    if (isPart(scope)) held.set(scopes.parents.get(scope), (held.get(scopes.parents.get(scope)) ?? 0) + 1);
  const [holder] = [...held].reduce((most, entry) => (entry[1] > most[1] ? entry : most), [0, 0] as [number, number]);
  const parts = new Map<number, Part>();
  for (let scope = 1; scope < scopes.size; scope++)
    if (scopes.parents.get(scope) === holder && isPart(scope)) {
      const start = scopes.starts.get(scope);
      parts.set(start, { label: `at ${start}`, characters: scopes.ends.get(scope) - start });
    }
  // `function name(`: the scope begins where the name ends.
  for (const index of order) {
    const target = occurrences.targets.get(index);
    if ((target & FREE) !== 0 || bindings.kindOf(target) !== "function") continue;
    const start = occurrences.positions.get(index) + final.textBefore(target).length;
    const part = parts.get(start);
    if (part) parts.set(start, { ...part, label: final.textOf(target) });
  }
  return [...parts.values()];
}
