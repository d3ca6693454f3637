/**
 * Names from the source alone. What is noted of occurrences is gathered by binding; then names flow
 * along: from the values that calls give to the parameters that take them, from what is copied to its
 * copy. The strongest evidence wins; of equally strong, what was said most often.
 */
import type { Analysis } from "../scope/analyse.ts";
import { RESERVED_WORDS } from "../rename/reserved-words.ts";
import { lowerFirst, resultName } from "./describe.ts";
import { FREE } from "../scope/tables.ts";
import { EVIDENCE, type EvidenceKind } from "./evidence.ts";

/** A name for a binding, with what speaks for it. */
export interface ProposedName {
  /** Number of the name. */
  readonly name: number;
  readonly kind: EvidenceKind;
  /** How strongly it is proposed, from 0 to 1. */
  readonly weight: number;
}

/** How often names may flow on: a value passes through a few functions before it is used. */
const ROUNDS = 3;
/** What is left of a weight after it has passed through one call or copy. */
const PASSED_ON = 0.7;

/** Proposes a name for each binding of which the source says something. By the number of its root. */
export function proposeNames(analysis: Analysis): Map<number, ProposedName> {
  const proposals = new Map<number, ProposedName>();
  const votes = new Map<number, number>();
  // A free name is an author's own: it counts as one that is proposed to itself.
  const rootOf = (occurrence: number): number => {
    const target = analysis.occurrences.targets.get(occurrence);
    if ((target & FREE) === 0) return analysis.bindings.root(target);
    const name = target & ~FREE;
    const text = analysis.names.nameOf(name);
    if (text.length < MIN_AUTHORED_LENGTH || RESERVED_WORDS.has(text)) return 0;
    if (!proposals.has(FREE_NAME - name))
      proposals.set(FREE_NAME - name, { name, kind: "copied", weight: EVIDENCE.copied });
    return FREE_NAME - name;
  };
  const propose = (root: number, proposal: ProposedName): void => {
    const known = proposals.get(root);
    if (known?.name === proposal.name) {
      votes.set(root, (votes.get(root) ?? 1) + 1);
      if (proposal.weight > known.weight) proposals.set(root, proposal);
    } else if (known === undefined || proposal.weight > known.weight) {
      proposals.set(root, proposal);
      votes.set(root, 1);
    } else if (proposal.weight === known.weight) {
      const left = (votes.get(root) ?? 1) - 1;
      if (left < 0) proposals.set(root, proposal);
      votes.set(root, Math.max(1, left));
    }
  };
  for (const { occurrence, name, kind } of analysis.evidence.hints()) {
    const root = rootOf(occurrence);
    if (root > 0) propose(root, { name, kind, weight: EVIDENCE[kind] });
  }
  const parameters = parametersByFunction(analysis);
  const methods = parametersByMethod(analysis);
  for (let round = 0; round < ROUNDS; round++) {
    const passOn = (to: number, from: number, kind: EvidenceKind): void => {
      const source = proposals.get(from);
      if (to === 0 || source === undefined || proposals.has(to)) return;
      propose(to, { name: source.name, kind, weight: Math.min(EVIDENCE[kind], source.weight) * PASSED_ON });
    };
    for (const { callee, index, name, occurrence } of analysis.evidence.arguments()) {
      const parameter = parameters(rootOf(callee), index);
      if (parameter === 0) continue;
      if (occurrence !== undefined) {
        passOn(parameter, rootOf(occurrence), "argument");
        passOn(rootOf(occurrence), parameter, "argument");
      } else if (name !== undefined && round === 0)
        propose(parameter, { name, kind: "argument", weight: EVIDENCE.argument * PASSED_ON });
    }
    // Methods of one name take the same: a slot stands for a parameter of all of them.
    for (const { callee, index, name, occurrence } of analysis.evidence.methodArguments()) {
      const slot = slotOf(callee, index);
      if (occurrence !== undefined) {
        passOn(slot, rootOf(occurrence), "method parameter");
        passOn(rootOf(occurrence), slot, "method parameter");
      } else if (name !== undefined && round === 0)
        propose(slot, { name, kind: "method parameter", weight: EVIDENCE["method parameter"] });
    }
    for (const [slot, parameter] of methods()) passOn(slot, parameter, "method parameter");
    for (const [slot, parameter] of methods()) passOn(parameter, slot, "method parameter");
    for (const [to, from] of analysis.evidence.copies()) {
      passOn(rootOf(to), rootOf(from), "copied");
      passOn(rootOf(from), rootOf(to), "copied");
    }
    if (round === ROUNDS - 1) {
      nameBags(analysis, proposals);
      const result = analysis.names.idOf("result");
      for (const [, returned] of analysis.evidence.returned()) {
        const root = rootOf(returned);
        const isVariable = root > 0 && ["var", "let", "const"].includes(analysis.bindings.kindOf(root));
        if (isVariable && !proposals.has(root))
          propose(root, { name: result, kind: "returned", weight: EVIDENCE.returned });
      }
    }
    for (const [occurrence, returned] of analysis.evidence.returned()) {
      const root = rootOf(occurrence);
      if (root !== 0) passOn(RESULT - root, rootOf(returned), "call result");
    }
    for (const [to, callee, isNew] of analysis.evidence.results()) {
      const root = rootOf(callee);
      if (root === 0) continue;
      if (!isNew) passOn(rootOf(to), RESULT - root, "call result");
      const called = proposals.get(root);
      const text = called && analysis.names.nameOf(called.name);
      const name = text && (isNew ? lowerFirst(text) : resultName(text));
      if (called && name !== undefined && !proposals.has(rootOf(to)))
        propose(rootOf(to), {
          name: analysis.names.idOf(name),
          kind: isNew ? "constructed" : "call result",
          weight: called.weight * PASSED_ON,
        });
    }
  }
  for (const key of proposals.keys()) if (key < 0) proposals.delete(key);
  return proposals;
}

/** The root of the binding that an occurrence stands for, 0 where it is free. */
export function bindingOf({ occurrences, bindings }: Analysis, occurrence: number): number {
  const target = occurrences.targets.get(occurrence);
  return (target & FREE) === 0 ? bindings.root(target) : 0;
}

/** A parameter of which several properties are put into variables holds named arguments. */
function nameBags(analysis: Analysis, proposals: Map<number, ProposedName>): void {
  const name = analysis.names.idOf("args");
  const seen = new Set<number>();
  for (const occurrence of analysis.evidence.unpacked()) {
    const root = bindingOf(analysis, occurrence);
    if (root === 0 || proposals.has(root) || analysis.bindings.kindOf(root) !== "parameter") continue;
    if (seen.has(root)) proposals.set(root, { name, kind: "convention", weight: EVIDENCE.returned });
    seen.add(root);
  }
}

/** Keys of what is no binding are negative: slots of methods, and results of functions. */
const RESULT = -(2 ** 40);
const FREE_NAME = -(2 ** 41);
/** Shorter free names say nothing of a copy. */
const MIN_AUTHORED_LENGTH = 3;
const MAX_PARAMETERS = 16;

function slotOf(method: number, index: number): number {
  return -1 - (method * MAX_PARAMETERS + Math.min(index, MAX_PARAMETERS - 1));
}

/** Pairs of a slot and the parameter of one method that takes its place. */
function parametersByMethod(analysis: Analysis): () => Generator<readonly [slot: number, parameter: number]> {
  return function* () {
    for (const [name, first, count] of analysis.evidence.methods())
      for (let index = 0; index < Math.min(count, MAX_PARAMETERS); index++) {
        const occurrence = analysis.evidence.parameterAt(first + index);
        const root = occurrence === undefined ? 0 : bindingOf(analysis, occurrence);
        if (root > 0) yield [slotOf(name, index), root];
      }
  };
}

/** Finds the parameter that takes the argument with an index. */
function parametersByFunction(analysis: Analysis): (functionRoot: number, index: number) => number {
  const functions = new Map<number, readonly [first: number, count: number]>();
  const ambiguous = new Set<number>();
  for (const [occurrence, first, count] of analysis.evidence.functions()) {
    const root = bindingOf(analysis, occurrence);
    if (functions.has(root)) ambiguous.add(root);
    functions.set(root, [first, count]);
  }
  return (functionRoot, index) => {
    const [first = 0, count = 0] = functions.get(functionRoot) ?? [];
    if (functionRoot === 0 || index >= count || ambiguous.has(functionRoot)) return 0;
    const occurrence = analysis.evidence.parameterAt(first + index);
    return occurrence === undefined ? 0 : bindingOf(analysis, occurrence);
  };
}
