/**
 * Gives every binding its final name, outermost scopes first. A name is free for a binding when nothing
 * within its scope uses it: no free name, no outer binding that is used there under its final name, and
 * no sibling. Inner bindings are named later and keep clear of it in turn, so that nothing is captured,
 * by construction.
 */
import type { Analysis } from "../scope/analyse.ts";
import { FREE } from "../scope/tables.ts";
import { RESERVED_WORDS } from "./reserved-words.ts";

/** Number of the name that a binding would like to have; undefined keeps its own where it can. */
export type Wish = (root: number) => number | undefined;

/** Final names by number of the binding; joined bindings have that of their root. */
export class FinalNames {
  readonly #names: Uint32Array;
  readonly #analysis: Analysis;

  constructor(analysis: Analysis) {
    this.#analysis = analysis;
    this.#names = new Uint32Array(analysis.bindings.size);
  }

  /** The number of the final name plus 1, 0 while there is none. */
  get(binding: number): number {
    return this.#names[this.#analysis.bindings.root(binding)] ?? 0;
  }

  /** As {@link get}, of a root. */
  ofRoot(root: number): number {
    return this.#names[root] ?? 0;
  }

  /** Gives a root its name. */
  give(root: number, name: number): void {
    this.#names[root] = name + 1;
  }

  /** The name of a binding in the source. */
  textBefore(binding: number): string {
    const { names, bindings } = this.#analysis;
    return names.nameOf(bindings.names.get(binding));
  }

  /** The final name of a binding, as text. */
  textOf(binding: number): string {
    const { names, bindings } = this.#analysis;
    const given = this.get(binding);
    return names.nameOf(given > 0 ? given - 1 : bindings.names.get(binding));
  }
}

/** A name that must stay free at an offset of the source. */
export interface AvoidedName {
  readonly name: string;
  readonly at: number;
}

/** Names everything. */
export function assignNames(analysis: Analysis, wish: Wish, avoided?: AvoidedName): FinalNames {
  const { bindings, scopes } = analysis;
  const final = new FinalNames(analysis);
  for (let binding = 1; binding < bindings.size; binding++)
    if (bindings.kept.get(binding) !== 0) final.give(bindings.root(binding), bindings.names.get(binding));
  const members = membersByScope(analysis);
  const taken = new TakenNames(analysis, final);
  // A parent's number is higher than its children's.
  for (let scope = scopes.size - 1; scope > 0; scope--) {
    const own = members(scope);
    if (own.every((binding) => final.get(binding) > 0)) continue;
    taken.enter(scopes.starts.get(scope), scopes.ends.get(scope), scope);
    if (avoided && scopes.starts.get(scope) <= avoided.at && avoided.at < scopes.ends.get(scope))
      taken.useName(analysis.names.idOf(avoided.name), scope);
    if (scopes.bodies.has(scope))
      for (const parameter of members(scopes.parents.get(scope))) taken.use(parameter, scope);
    for (const binding of own) {
      const root = bindings.root(binding);
      if (final.get(root) > 0) continue;
      final.give(root, taken.claim(wish(root) ?? bindings.names.get(root), scope));
    }
  }
  return final;
}

/** Bindings of a scope, by counting: two columns instead of a list per scope. */
function membersByScope({ bindings, scopes }: Analysis): (scope: number) => number[] {
  const starts = new Uint32Array(scopes.size + 1);
  for (let binding = 1; binding < bindings.size; binding++) {
    const next = bindings.scopes.get(binding) + 1;
    starts[next] = (starts[next] ?? 0) + 1;
  }
  for (let scope = 1; scope < starts.length; scope++) starts[scope] = (starts[scope] ?? 0) + (starts[scope - 1] ?? 0);
  const filled = starts.slice();
  const sorted = new Uint32Array(bindings.size);
  for (let binding = 1; binding < bindings.size; binding++) {
    const scope = bindings.scopes.get(binding);
    const place = filled[scope] ?? 0;
    sorted[place] = binding;
    filled[scope] = place + 1;
  }
  return (scope) => [...sorted.subarray(starts[scope], starts[scope + 1])];
}

/** The names that a scope must not give. */
class TakenNames {
  readonly #analysis: Analysis;
  readonly #final: FinalNames;
  /** The scope in which a name was last seen in use, by number of the name. */
  #usedIn = new Uint32Array(1024);
  /** The next number to try behind a name, in the current scope. */
  readonly #next = new Map<number, number>();
  /** What each occurrence stands for, in the order of positions: the root of a binding, or as `Occurrences.targets` has it. */
  readonly #targets: Uint32Array;

  constructor(analysis: Analysis, final: FinalNames) {
    this.#analysis = analysis;
    this.#final = final;
    const { occurrences, bindings, order } = analysis;
    this.#targets = new Uint32Array(order.length);
    for (let place = 0; place < order.length; place++) {
      const target = occurrences.targets.get(order[place] ?? 0);
      this.#targets[place] = (target & FREE) === 0 ? bindings.root(target) : target;
    }
  }

  /** Notes every name that is in use between two offsets. */
  enter(start: number, end: number, scope: number): void {
    this.#next.clear();
    const last = this.#placeFrom(end);
    for (let place = this.#placeFrom(start); place < last; place++) {
      const target = this.#targets[place] ?? 0;
      if ((target & FREE) !== 0) this.#use(target & ~FREE, scope);
      else {
        const given = this.#final.ofRoot(target);
        if (given > 0) this.#use(given - 1, scope);
      }
    }
  }

  /** The first place at or behind an offset. */
  #placeFrom(offset: number): number {
    const { occurrences, order } = this.#analysis;
    let low = 0;
    let high = order.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (occurrences.positions.get(order[middle] ?? 0) < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Notes the name of a binding as in use. */
  use(binding: number, scope: number): void {
    const given = this.#final.get(binding);
    if (given > 0) this.#use(given - 1, scope);
  }

  /** Notes a name as in use. */
  useName(name: number, scope: number): void {
    this.#use(name, scope);
  }

  /** The wished name or the first free one with a number behind it. */
  claim(wished: number, scope: number): number {
    const { names } = this.#analysis;
    let name = wished;
    let number = this.#next.get(wished) ?? 2;
    while (this.#usedIn[name] === scope || RESERVED_WORDS.has(names.nameOf(name))) {
      const text = names.nameOf(wished);
      name = names.idOf(/\d$/.test(text) ? `${text}_${number}` : `${text}${number}`);
      number++;
    }
    if (name !== wished) this.#next.set(wished, number);
    this.#use(name, scope);
    return name;
  }

  #use(name: number, scope: number): void {
    if (name >= this.#usedIn.length) {
      const grown = new Uint32Array(Math.max(name + 1, this.#usedIn.length * 2));
      grown.set(this.#usedIn);
      this.#usedIn = grown;
    }
    this.#usedIn[name] = scope;
  }
}
