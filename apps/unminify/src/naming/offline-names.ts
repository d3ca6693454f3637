/**
 * Names from the source alone. What is noted of occurrences is gathered by binding; then names flow
 * along: from the values that calls give to the parameters that take them, from what is copied to its
 * copy, from a function to its result. The strongest evidence wins; of equally strong, what was said most
 * often.
 */
import { RESERVED_WORDS } from "../rename/reserved-words.ts";
import type { Analysis } from "../scope/analyse.ts";
import { FREE } from "../scope/tables.ts";
import { MODULE_PARAMETERS } from "./conventions.ts";
import { lowerFirst, resultName } from "./describe.ts";
import { EVIDENCE, type EvidenceKind } from "./evidence.ts";
import { type NameProposals, Proposals } from "./proposals.ts";

/** How often names may flow on: a value passes through a few functions before it is used. */
const ROUNDS = 4;
/** What is left of a weight after it has passed through one call or copy. */
const PASSED_ON = 0.7;
const MIN_PASSED_LENGTH = 2;
/** They say what a value is where it stands, not what it is elsewhere. */
const LOCAL_NAMES = new Set(["_this", "_super", "args", "item", "result", "key", "event"]);
const COPY_ROUNDS = 3;
/** Shorter free names say nothing of a copy. */
const MIN_AUTHORED_LENGTH = 3;

/** Proposes a name for each binding of which the source says something. */
export function proposeNames(analysis: Analysis): NameProposals {
  return new NameFlow(analysis).run();
}

/** The root of the binding that an occurrence stands for, 0 where it is free. */
export function bindingOf({ occurrences, bindings }: Analysis, occurrence: number): number {
  const target = occurrences.targets.get(occurrence);
  return (target & FREE) === 0 ? bindings.root(target) : 0;
}

class NameFlow {
  readonly #analysis: Analysis;
  readonly #proposals: Proposals;

  constructor(analysis: Analysis) {
    this.#analysis = analysis;
    this.#proposals = new Proposals(analysis, analysis.evidence.methodParameterCount);
  }

  run(): NameProposals {
    const { evidence } = this.#analysis;
    evidence.hints((occurrence, name, kind) =>
      this.#proposals.propose(bindingOf(this.#analysis, occurrence), name, kind, EVIDENCE[kind]),
    );
    this.#moduleParameters();
    const functions = new FunctionFinder(this.#analysis);
    for (let round = 0; round < ROUNDS; round++) {
      evidence.copies((to, from) => {
        if (!this.#copiesGlobal(to, from)) this.#passBoth(this.#subject(to), this.#subject(from), "copied");
      });
      this.#proposals.settle();
      this.#throughCalls(functions, round === 0);
      this.#proposals.settle();
      this.#throughMethods(functions, round === 0);
      if (round === ROUNDS - 1) this.#lastGuesses();
      this.#throughResults();
      this.#proposals.settle();
    }
    return this.#proposals;
  }

  /** What the bundler gives to each module. */
  #moduleParameters(): void {
    const { modules: map, evidence, names } = this.#analysis;
    for (const { firstParameter, parameterCount } of map?.modules ?? [])
      for (const [index, name] of MODULE_PARAMETERS[map?.kind ?? "webpack"].entries()) {
        const occurrence = index < parameterCount ? evidence.parameterAt(firstParameter + index) : undefined;
        const root = occurrence === undefined ? 0 : bindingOf(this.#analysis, occurrence);
        this.#proposals.propose(root, names.idOf(name), "module", EVIDENCE.module);
      }
  }

  /** What an occurrence stands for; a free name is an author's own and stands for itself. */
  #subject(occurrence: number): number {
    const target = this.#analysis.occurrences.targets.get(occurrence);
    if ((target & FREE) === 0) return this.#analysis.bindings.root(target);
    const text = this.#analysis.names.nameOf(target & ~FREE);
    return text.length < MIN_AUTHORED_LENGTH || RESERVED_WORDS.has(text) ? 0 : this.#proposals.freeName(target & ~FREE);
  }

  #pass(to: number, from: number, kind: EvidenceKind): void {
    if (to === 0 || from === 0 || this.#proposals.has(to)) return;
    const source = this.#proposals.get(from);
    if (source && !this.#saysLittle(source.name))
      this.#proposals.pass(to, source.name, kind, Math.min(EVIDENCE[kind], source.weight) * PASSED_ON);
  }

  /** `var a = TypeError`: it cannot have been called so itself, or it would have been its own value. */
  #copiesGlobal(to: number, from: number): boolean {
    const { occurrences, bindings, names } = this.#analysis;
    const target = occurrences.targets.get(from);
    const root = bindingOf(this.#analysis, to);
    if ((target & FREE) === 0 || root === 0 || bindings.kindOf(root) === "parameter") return false;
    const text = names.nameOf(target & ~FREE);
    if (text.length >= MIN_AUTHORED_LENGTH && !RESERVED_WORDS.has(text))
      this.#proposals.pass(root, names.idOf(`$${text}`), "copied", EVIDENCE.copied);
    return true;
  }

  /** What a minifier or a compiler left, or says of one place alone. */
  #saysLittle(name: number): boolean {
    const text = this.#analysis.names.nameOf(name);
    return text.length < MIN_PASSED_LENGTH ? !/^[xyzi]$/.test(text) : LOCAL_NAMES.has(text);
  }

  #passBoth(one: number, other: number, kind: EvidenceKind): void {
    this.#pass(one, other, kind);
    this.#pass(other, one, kind);
  }

  #throughCalls(functions: FunctionFinder, isFirst: boolean): void {
    this.#analysis.evidence.arguments((callee, index, value, isOccurrence) => {
      if (!isOccurrence && !isFirst) return;
      const parameter = functions.parameter(bindingOf(this.#analysis, callee), index);
      if (parameter === 0) return;
      if (isOccurrence) this.#passBoth(parameter, this.#subject(value), "argument");
      else if (!this.#saysLittle(value))
        this.#proposals.pass(parameter, value, "argument", EVIDENCE.argument * PASSED_ON);
    });
  }

  /** Methods of one name take the same: a slot stands for a parameter of all of them. */
  #throughMethods(functions: FunctionFinder, isFirst: boolean): void {
    const { evidence } = this.#analysis;
    evidence.methodArguments((callee, index, value, isOccurrence) => {
      if (!isOccurrence && !isFirst) return;
      const slot = this.#proposals.slot(callee, index);
      if (isOccurrence) this.#passBoth(slot, this.#subject(value), "method parameter");
      else if (!this.#saysLittle(value))
        this.#proposals.pass(slot, value, "method parameter", EVIDENCE["method parameter"] * PASSED_ON);
    });
    evidence.aliases((method, occurrence) => {
      const root = bindingOf(this.#analysis, occurrence);
      for (let index = functions.count(root) - 1; index >= 0; index--) {
        const parameter = functions.parameter(root, index);
        if (parameter !== 0) this.#passBoth(this.#proposals.slot(method, index), parameter, "method parameter");
      }
    });
    for (const isBack of [false, true]) {
      evidence.methods((method, first, count) => {
        for (let index = 0; index < count; index++) {
          const occurrence = evidence.parameterAt(first + index);
          const parameter = occurrence === undefined ? 0 : bindingOf(this.#analysis, occurrence);
          const slot = this.#proposals.slot(method, index);
          if (isBack) this.#pass(parameter, slot, "method parameter");
          else this.#pass(slot, parameter, "method parameter");
        }
      });
      this.#proposals.settle();
    }
  }

  #throughResults(): void {
    const { evidence, names } = this.#analysis;
    evidence.returned((occurrence, returned) =>
      this.#pass(this.#proposals.resultOf(this.#subject(occurrence)), this.#subject(returned), "call result"),
    );
    evidence.results((occurrence, callee, isNew) => {
      const subject = this.#subject(callee);
      const to = this.#subject(occurrence);
      if (!isNew) this.#pass(to, this.#proposals.resultOf(subject), "call result");
      const called = this.#proposals.get(subject);
      if (!called || this.#proposals.has(to)) return;
      const text = names.nameOf(called.name);
      const name = isNew ? lowerFirst(text) : resultName(text);
      if (name !== undefined)
        this.#proposals.pass(to, names.idOf(name), isNew ? "constructed" : "call result", called.weight * PASSED_ON);
    });
  }

  /** What nothing better is known of: a bag of named arguments, a value that is returned. */
  #lastGuesses(): void {
    const { evidence, names, bindings } = this.#analysis;
    const bag = names.idOf("args");
    const seen = new Set<number>();
    for (const occurrence of evidence.unpacked()) {
      const root = bindingOf(this.#analysis, occurrence);
      if (this.#proposals.has(root) || bindings.kindOf(root) !== "parameter") continue;
      if (seen.has(root)) this.#proposals.propose(root, bag, "convention", EVIDENCE.returned);
      seen.add(root);
    }
    const result = names.idOf("result");
    evidence.returned((_occurrence, returned) => {
      const root = bindingOf(this.#analysis, returned);
      if (!this.#proposals.has(root) && /^(?:var|let|const)$/.test(bindings.kindOf(root)))
        this.#proposals.propose(root, result, "returned", EVIDENCE.returned);
    });
  }
}

/** Functions by the root of the binding that holds them, in columns: 6 bytes a binding. */
class FunctionFinder {
  readonly #analysis: Analysis;
  /** Number of the first parameter plus 1, 0 where there is no function. */
  readonly #firsts: Uint32Array;
  readonly #counts: Uint8Array;
  /** 1 where several functions have one name. */
  readonly #ambiguous: Uint8Array;

  constructor(analysis: Analysis) {
    const { evidence, bindings } = analysis;
    this.#analysis = analysis;
    this.#firsts = new Uint32Array(bindings.size);
    this.#counts = new Uint8Array(bindings.size);
    this.#ambiguous = new Uint8Array(bindings.size);
    evidence.functions((occurrence, first, count) => this.#add(bindingOf(analysis, occurrence), first + 1, count));
    // A copy of a function is that function; classes of old code pass through two.
    for (let round = 0; round < COPY_ROUNDS; round++)
      evidence.copies((to, from) => {
        const root = bindingOf(analysis, from);
        if (this.count(root) === 0) return;
        const copy = bindingOf(analysis, to);
        if (this.#firsts[copy] === 0) this.#add(copy, this.#firsts[root] ?? 0, this.#counts[root] ?? 0);
      });
  }

  #add(root: number, first: number, count: number): void {
    if (root === 0) return;
    if (this.#firsts[root] !== 0) this.#ambiguous[root] = 1;
    this.#firsts[root] = first;
    this.#counts[root] = count;
  }

  /** How many parameters a function has, 0 where it is not known. */
  count(root: number): number {
    return this.#ambiguous[root] === 0 ? (this.#counts[root] ?? 0) : 0;
  }

  /** The root of the parameter that takes the argument with an index, 0 if none. */
  parameter(root: number, index: number): number {
    if (index >= this.count(root)) return 0;
    const occurrence = this.#analysis.evidence.parameterAt((this.#firsts[root] ?? 0) - 1 + index);
    return occurrence === undefined ? 0 : bindingOf(this.#analysis, occurrence);
  }
}
