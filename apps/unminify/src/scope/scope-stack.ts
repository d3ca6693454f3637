/**
 * The scopes that are open while the source is read, and the references in them that nothing has
 * declared so far. References wait on one stack with a base per open scope: when a scope closes, those
 * whose name it declares are resolved and the rest stays for the scope around it. Scopes close
 * innermost first, so a parent has a higher number than its children.
 */
import { Column } from "./columns.ts";
import { FREE, KEPT, WRITTEN, type BindingKind, type Tables, type Written } from "./tables.ts";

/** What opened a scope. `name` holds the name of a function expression alone. */
export type ScopeKind = "program" | "function" | "block" | "class" | "name";

/** A function in a block, which sloppy code may also see as a `var` (ECMA-262, B.3.3). */
interface BlockFunction {
  readonly name: number;
  readonly binding: number;
}

/** A scope whose end has not been read yet. */
interface OpenScope {
  readonly kind: ScopeKind;
  start: number;
  /** Height of the reference stack below it. */
  references: number;
  /** Height of the stack of closed scopes without a parent below it. */
  orphans: number;
  /** Bindings by the number of their name. */
  names: Map<number, number>;
  /** Its own functions in blocks, and those of the blocks within it that may still be hoisted. */
  functions: BlockFunction[];
  hoisting: BlockFunction[];
  /** True when a direct `eval` in it, or within it, can see its names. */
  isSeenByEval: boolean;
}

/** Most scopes declare nothing: these stand for their lists and are never written. */
const NO_NAMES = new Map<number, number>();
const NO_FUNCTIONS: BlockFunction[] = [];
const LEXICAL: ReadonlySet<BindingKind> = new Set(["let", "const", "class", "import"]);
const SEEN_BY_WITH = 0x8000_0000;

/** Collects declarations and references while the source is read. */
export class ScopeStack {
  readonly tables: Tables;
  readonly #open: OpenScope[] = [];
  readonly #waitingNames = new Column();
  /** Indices of occurrences; the top bit says that a `with` may answer first. */
  readonly #waiting = new Column();
  readonly #orphans = new Column();

  constructor(tables: Tables) {
    this.tables = tables;
  }

  /** How many references wait. */
  get height(): number {
    return this.#waiting.length;
  }

  get #top(): OpenScope {
    const top = this.#open.at(-1);
    if (!top) throw new Error("no scope is open");
    return top;
  }

  /** Opens a scope at an offset of the source. */
  open(kind: ScopeKind, start: number): void {
    this.#open.push({
      kind,
      start,
      references: this.#waiting.length,
      orphans: this.#orphans.length,
      names: NO_NAMES,
      functions: NO_FUNCTIONS,
      hoisting: NO_FUNCTIONS,
      isSeenByEval: false,
    });
  }

  /**
   * Lets the innermost scope begin earlier than it was opened, because what was read in between turns
   * out to belong to it: the parameters of an arrow function are first read as an expression.
   */
  beginAt(start: number): void {
    const top = this.#top;
    const { positions } = this.tables.occurrences;
    while (top.references > 0 && positions.get(this.#waiting.get(top.references - 1) & ~SEEN_BY_WITH) >= start)
      top.references--;
    while (top.orphans > 0 && this.tables.scopes.starts.get(this.#orphans.get(top.orphans - 1)) >= start) top.orphans--;
    top.start = start;
  }

  /** Declares a name in the innermost scope. */
  declare(name: number, kind: BindingKind): number {
    return this.#declareIn(this.#top, name, kind);
  }

  /** What the innermost scope itself calls `name`. */
  declared(name: number): number | undefined {
    return this.#top.names.get(name);
  }

  /** Declares a `var`, which belongs to the innermost function. */
  declareVar(name: number): number {
    const { bindings } = this.tables;
    const passed: number[] = [];
    for (let depth = this.#open.length - 1; depth >= 0; depth--) {
      const scope = this.#open[depth];
      if (!scope) break;
      if (scope.kind === "function" || scope.kind === "program") {
        const binding = this.#declareIn(scope, name, "var");
        // `catch (e) { var e = 1 }` declares the one and assigns to the other, with one token.
        for (const other of passed) bindings.join(binding, other);
        return binding;
      }
      const caught = scope.names.get(name);
      if (caught !== undefined && bindings.kindOf(caught) === "catch") passed.push(caught);
    }
    throw new Error("a var outside of any function");
  }

  /** Declares the name of a function statement; `mayHoist` where sloppy code may see it outside its block. */
  declareFunction(name: number, mayHoist: boolean): number {
    const top = this.#top;
    if (top.kind === "function" || top.kind === "program") return this.#declareIn(top, name, "function");
    const binding = this.#declareIn(top, name, "function");
    if (mayHoist) top.functions = withMore(top.functions, { name, binding });
    return binding;
  }

  #declareIn(scope: OpenScope, name: number, kind: BindingKind): number {
    const { bindings } = this.tables;
    const known = scope.names.get(name);
    if (known !== undefined) {
      if (kind === "parameter") bindings.setKind(known, kind);
      return known;
    }
    const binding = bindings.add(name, kind);
    if (scope.names === NO_NAMES) scope.names = new Map();
    scope.names.set(name, binding);
    return binding;
  }

  /** Notes an identifier, a declaration's own included, and returns the number of the occurrence. */
  refer(name: number, position: number, written: Written = WRITTEN.plain): number {
    const { occurrences } = this.tables;
    const index = occurrences.positions.push(position);
    occurrences.targets.push(0);
    if (written !== WRITTEN.plain) occurrences.written.set(index, written);
    this.#waitingNames.push(name);
    this.#waiting.push(index);
    return index;
  }

  /** A direct `eval` was read: it sees every name of the open scopes. */
  seeByEval(): void {
    this.#top.isSeenByEval = true;
  }

  /** What has waited since `height` stands inside a `with`: an object may answer to the name first. */
  seeByWith(height: number): void {
    for (let index = height; index < this.#waiting.length; index++)
      this.#waiting.set(index, this.#waiting.get(index) | SEEN_BY_WITH);
  }

  /** Closes the innermost scope and returns what it declared. */
  close(end: number): ReadonlyMap<number, number> {
    const scope = this.#top;
    this.#open.pop();
    const outer = this.#open.at(-1);
    this.#hoist(scope, outer);
    if (scope.isSeenByEval) {
      for (const binding of scope.names.values()) this.tables.bindings.keep(binding, KEPT.seenByEval);
      if (outer) outer.isSeenByEval = true;
    }
    if (scope.names.size > 0) {
      this.#resolve(scope);
      this.#record(scope, end);
    }
    return scope.names;
  }

  #hoist(scope: OpenScope, outer: OpenScope | undefined): void {
    const { bindings } = this.tables;
    const ownsVariables = scope.kind === "function" || scope.kind === "program";
    for (const candidate of scope.hoisting) {
      const known = scope.names.get(candidate.name);
      const kind = known === undefined ? undefined : bindings.kindOf(known);
      const isBarred = kind !== undefined && (LEXICAL.has(kind) || (kind === "function" && !ownsVariables));
      // It stays barred only while both are called alike.
      if (isBarred && known !== undefined) bindings.join(known, candidate.binding);
      if (isBarred) continue;
      if (ownsVariables) bindings.join(this.#declareIn(scope, candidate.name, "var"), candidate.binding);
      else if (outer) outer.hoisting = withMore(outer.hoisting, candidate);
    }
    if (outer && scope.functions.length > 0) outer.hoisting = withMore(outer.hoisting, ...scope.functions);
  }

  #resolve(scope: OpenScope): void {
    const { occurrences, bindings } = this.tables;
    let kept = scope.references;
    for (let index = scope.references; index < this.#waiting.length; index++) {
      const name = this.#waitingNames.get(index);
      const waiting = this.#waiting.get(index);
      const binding = scope.names.get(name);
      if (binding === undefined) {
        this.#waitingNames.set(kept, name);
        this.#waiting.set(kept++, waiting);
        continue;
      }
      occurrences.targets.set(waiting & ~SEEN_BY_WITH, binding);
      if ((waiting & SEEN_BY_WITH) !== 0) bindings.keep(binding, KEPT.seenByWith);
    }
    this.#waiting.truncate(kept);
    this.#waitingNames.truncate(kept);
  }

  #record(scope: OpenScope, end: number): void {
    const { scopes, bindings } = this.tables;
    const number = scopes.add(scope.start, end);
    for (const binding of scope.names.values()) bindings.scopes.set(binding, number);
    for (let index = scope.orphans; index < this.#orphans.length; index++)
      scopes.parents.set(this.#orphans.get(index), number);
    this.#orphans.truncate(scope.orphans);
    this.#orphans.push(number);
  }

  /** Closes the body of a function whose parameters have a scope of their own. */
  closeBody(end: number): ReadonlyMap<number, number> {
    const declared = this.close(end);
    if (declared.size > 0) this.tables.scopes.bodies.add(this.tables.scopes.size - 1);
    return declared;
  }

  /** Closes the program: what still waits is free. */
  finish(end: number): ReadonlyMap<number, number> {
    const declared = this.close(end);
    const { targets } = this.tables.occurrences;
    for (let index = 0; index < this.#waiting.length; index++)
      targets.set(this.#waiting.get(index) & ~SEEN_BY_WITH, (FREE | this.#waitingNames.get(index)) >>> 0);
    this.#waiting.truncate(0);
    return declared;
  }
}

function withMore(list: BlockFunction[], ...more: readonly BlockFunction[]): BlockFunction[] {
  if (list === NO_FUNCTIONS) return [...more];
  list.push(...more);
  return list;
}
