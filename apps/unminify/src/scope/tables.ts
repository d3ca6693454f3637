/**
 * What is known of a program's names, in columns: occurrences, bindings and scopes by number. There is
 * no syntax tree behind it; 12 bytes an occurrence, 16 a binding and 12 a scope are all that stays.
 */
import { Column } from "./columns.ts";
import { NameTable } from "./name-table.ts";

/** How an occurrence is written in the source; a new name may need more than its own characters. */
export const WRITTEN = {
  /** Alone: the token is replaced. */
  plain: 0,
  /** `{a}` in an object or a pattern: becomes `{a: renamed}`. */
  shorthand: 1,
  /** `import {a}`: becomes `import {a as renamed}`. */
  imported: 2,
  /** `export {a}`: becomes `export {renamed as a}`. */
  exported: 3,
} as const;

/** One of {@link WRITTEN}. */
export type Written = (typeof WRITTEN)[keyof typeof WRITTEN];

/** What declared a binding. */
export const BINDING_KINDS = [
  "free",
  "var",
  "let",
  "const",
  "class",
  "function",
  "parameter",
  "catch",
  "import",
  "name of its function",
  "name of its class",
] as const;

/** One of {@link BINDING_KINDS}. */
export type BindingKind = (typeof BINDING_KINDS)[number];

/** Set in an occurrence's target when it is free: the rest is the number of its name. */
export const FREE = 0x8000_0000;

/** Identifiers of the program, each with its place and what it stands for. */
export class Occurrences {
  /** Offset in the source, in characters. */
  readonly positions = new Column();
  /** A binding's number (from 1), or {@link FREE} and a name's number. 0 while unresolved. */
  readonly targets = new Column();
  /** {@link WRITTEN} by index, only where it is not `plain`. */
  readonly written = new Map<number, Written>();
  /** Source length by index, only where the name is written with escapes. */
  readonly escaped = new Map<number, number>();
}

/** Why a binding keeps its name. */
export const KEPT = { no: 0, visibleOutside: 1, seenByEval: 2, seenByWith: 4, special: 8 } as const;

/** What declarations made; number 0 is nothing. */
export class Bindings {
  readonly names = new Column();
  readonly kinds = new Column();
  /** Scope that declares it, 0 until that is closed. */
  readonly scopes = new Column();
  /** Bits of {@link KEPT}. */
  readonly kept = new Column();
  /** Another binding that shares a token with this one, so that both must be called alike; itself if none. */
  readonly #joined = new Column();

  constructor() {
    this.add(0, "free");
  }

  /** How many numbers are in use, 0 included. */
  get size(): number {
    return this.names.length;
  }

  /** A new binding. */
  add(name: number, kind: BindingKind): number {
    this.kinds.push(BINDING_KINDS.indexOf(kind));
    this.scopes.push(0);
    this.kept.push(KEPT.no);
    this.#joined.push(this.names.length);
    return this.names.push(name);
  }

  /** All that is known, in columns. */
  columns(): readonly Column[] {
    return [this.names, this.kinds, this.scopes, this.kept, this.#joined];
  }

  /** What declared `binding`. */
  kindOf(binding: number): BindingKind {
    return BINDING_KINDS[this.kinds.get(binding)] ?? "free";
  }

  /** Corrects what declared `binding`: a parameter may be met after a `var` of its name. */
  setKind(binding: number, kind: BindingKind): void {
    this.kinds.set(binding, BINDING_KINDS.indexOf(kind));
  }

  /** Both must have one name from now on. */
  join(one: number, other: number): void {
    const [low, high] = [this.root(one), this.root(other)].sort((a, b) => a - b);
    if (low !== undefined && high !== undefined) this.#joined.set(high, low);
  }

  /** The binding that stands for all that are joined with `binding`. */
  root(binding: number): number {
    let root = binding;
    while (this.#joined.get(root) !== root) root = this.#joined.get(root);
    if (root !== binding) this.#joined.set(binding, root);
    return root;
  }

  /** Keeps the name of `binding` for a reason of {@link KEPT}. */
  keep(binding: number, reason: number): void {
    this.kept.set(binding, this.kept.get(binding) | reason);
  }
}

/** Scopes that declare something; number 0 is nothing. A parent's number is higher than its children's. */
export class Scopes {
  readonly parents = new Column();
  /** Offset in the source at which it starts. */
  readonly starts = new Column();
  /** Offset at which it has ended. */
  readonly ends = new Column();
  /**
   * Bodies apart from their function's parameters: a `var` of a parameter's name starts with its value
   * (ECMA-262, 10.2.11), so that no other may come by that name.
   */
  readonly bodies = new Set<number>();

  constructor() {
    this.add(0, 0);
  }

  /** How many numbers are in use, 0 included. */
  get size(): number {
    return this.parents.length;
  }

  /** A new scope, whose parent is set when that is closed. */
  add(start: number, end: number): number {
    this.starts.push(start);
    this.ends.push(end);
    return this.parents.push(0);
  }
}

/** Everything that one pass over the source leaves. */
export interface Tables {
  readonly names: NameTable;
  readonly occurrences: Occurrences;
  readonly bindings: Bindings;
  readonly scopes: Scopes;
}

/** Empty tables. */
export function emptyTables(): Tables {
  return { names: new NameTable(), occurrences: new Occurrences(), bindings: new Bindings(), scopes: new Scopes() };
}
