/**
 * Libraries: the standard one, those that programs define, and what `import` makes of them. Every environment has its own copies of
 * the standard names, so that redefining one in a program leaves the library's own code alone; the variables of a program's
 * libraries are shared.
 */
import { write } from "../data/printer.ts";
import { failure } from "../data/errors.ts";
import { symbol } from "../data/symbols.ts";
import { EOF, listItems, Pair, Sym, Text, type Value } from "../data/values.ts";
import type { Ast } from "../expander/ast.ts";
import { Cell, Environment, Scope, type Syntax, UNBOUND } from "../expander/binding.ts";
import { sequence } from "../expander/body.ts";
import { CORE_FORMS } from "../expander/core-forms.ts";
import { DEFINITION_FORMS } from "../expander/definition-forms.ts";
import { AUXILIARY_FORMS, chosenClause, DERIVED_FORMS } from "../expander/derived-forms.ts";
import type { Expander, Host } from "../expander/expander.ts";
import type { LispOptions } from "../lisp.ts";
import { SILENT_HOST } from "../memory/host.ts";
import { Namespaces } from "../memory/namespaces.ts";
import type { Root } from "../memory/why-alive.ts";
import type { WriteBarrier } from "../machine/registers.ts";
import type { Template } from "../machine/node.ts";
import { MACROS } from "../prelude/macros.ts";
import { PROCEDURES } from "../prelude/procedures.ts";
import { Reader } from "../reader/reader.ts";
import { addControl } from "./control.ts";
import { addLists } from "./lists.ts";
import { addMemory } from "./memory.ts";
import { addNumbers } from "./numbers.ts";
import { addOutside, type Outside } from "./outside.ts";
import { fileAccess } from "./files.ts";
import { addImages } from "./images.ts";
import { addPorts, InputPort, OutputPort } from "./ports.ts";
import { addSystem } from "./system.ts";
import { PrimitiveTable } from "./table.ts";
import { addTexts } from "./texts.ts";
import { addVectors } from "./vectors.ts";

/** What libraries need of the system that they are in. */
export interface Base {
  /** What is told of changes. */
  readonly barrier: WriteBarrier;
  /** What answers programs from outside. */
  readonly outside: Outside;
  /** What the system was made with. */
  readonly options: LispOptions;
  /** Variables that every environment shares, by whatever name they have. */
  readonly shared: readonly Cell[];
  /** How many states a history holds. */
  snapshots(): number;
  /** Evaluates a form while the machine is idle. */
  evaluate(form: Value, scope: Scope): Value;
  /** The text of a procedure that evaluates a form. */
  compile(form: Value, scope: Scope): Template;
  /** A continuation as bytes. */
  saveContinuation(value: Value): Uint8Array;
  /** The continuation of such bytes. @throws `LispError` of kind `image`. */
  loadContinuation(bytes: Uint8Array): Value;
}

const FEATURES = ["r7rs", "exact-closed", "exact-rational", "ieee-float", "full-unicode", "ratios", "plimsoll"];
const PARTS =
  "base case-lambda char complex cxr eval file inexact lazy load process-context read repl time write r5rs".split(" ");
const STANDARD = new Set([
  ...PARTS.map((part) => `(scheme ${part})`),
  "(srfi 1)",
  "(srfi 8)",
  "(srfi 39)",
  "(plimsoll lisp)",
]);

/** Variables by the name that they are exported under. */
type Exports = ReadonlyMap<Sym, Cell>;

/** All libraries of a system. */
export class Libraries implements Host {
  readonly standardScope = new Scope(new Environment());
  readonly #base: Base;
  readonly #shared: Cell[] = [];
  readonly #defined = new Map<string, Exports>();

  constructor(base: Base) {
    this.#base = base;
  }

  /** Fills the standard library. `interaction` is the program's scope. Returns the namespaces, with that one in it. */
  load(interaction: Scope): Namespaces {
    const { environment } = this.standardScope;
    const { barrier, options } = this.#base;
    for (const special of [...CORE_FORMS, ...DERIVED_FORMS, ...AUXILIARY_FORMS, ...DEFINITION_FORMS])
      environment.cell(symbol(special.name)).syntax = special;
    const table = new PrimitiveTable();
    addNumbers(table);
    addLists(table, barrier);
    addTexts(table, barrier);
    addVectors(table, barrier);
    addControl(table);
    const { outside } = this.#base;
    const access = fileAccess(outside, options.files);
    addPorts(table, barrier, access, options);
    addImages(table, this.#base, access);
    addOutside(table, outside, options.environment ?? {}, options.procedures ?? {});
    addSystem(table, {
      compile: (form, scope) => this.#base.compile(form, scope),
      environment: (sets) => this.#environment(sets),
      interaction,
      features: FEATURES,
    });
    const namespaces = new Namespaces({
      barrier,
      outside,
      user: interaction,
      addStandard: (each) => this.#addStandard(each),
    });
    this.#shared.push(...this.#base.shared, namespaces.cell);
    addMemory(table, {
      host: options.memory ?? SILENT_HOST,
      outside,
      namespaces,
      snapshots: () => this.#base.snapshots(),
      roots: () => this.roots(namespaces),
    });
    const { console } = options;
    table.entries.set("%console-input", new InputPort("", () => outside.perform(() => console?.read?.())));
    for (const name of ["%console-output", "%console-error"])
      table.entries.set(name, new OutputPort(false, "", (text) => outside.emit(() => console?.write(text))));
    for (const [name, value] of table.entries) environment.cell(symbol(name)).value = value;
    for (const text of [MACROS, PROCEDURES])
      for (const form of readAll(text, "prelude")) this.#base.evaluate(form, this.standardScope);
    this.#addStandard(interaction.environment);
    return namespaces;
  }

  #addStandard(environment: Environment): void {
    open(this.standardScope.environment.cells, environment);
    for (const cell of this.#shared) environment.cells.set(symbol(cell.name), cell);
  }

  /** What holds values for ever: the variables of namespaces, of libraries, and the standard ones. */
  roots({ scopes }: Namespaces): Root[] {
    const roots: Root[] = [];
    for (const [{ name }, target] of scopes) roots.push({ name: name === "user" ? "" : `namespace ${name}`, target });
    for (const [name, exports] of this.#defined)
      for (const [{ name: variable }, target] of exports)
        roots.push({ name: `${variable} of library ${name}`, target });
    roots.push({ name: "the standard library", target: this.standardScope });
    return roots;
  }

  /** The variables that there are before a program has any. */
  *cells({ environment }: Scope): Iterable<Cell> {
    yield* this.#base.shared;
    yield* this.standardScope.environment.cells.values();
    yield* environment.cells.values();
  }

  /** The tables and scopes that there are then. */
  hosts(interaction: Scope): Iterable<object> {
    const scopes = [this.standardScope, interaction];
    const environments = scopes.map(({ environment }) => environment);
    return [...scopes, ...environments, ...environments.map(({ cells }) => cells), this.#defined];
  }

  define(cell: Cell, syntax: Syntax | undefined): void {
    this.#base.barrier.willDefine(cell, "syntax", syntax);
    cell.syntax = syntax;
  }

  importInto(scope: Scope, sets: readonly Value[]): void {
    const { environment } = scope;
    for (const set of sets) open(this.#resolve(set), environment, isStandard(set), this.#base.barrier);
  }

  readFile(name: string): readonly Value[] {
    const { files } = this.#base.options;
    if (files === undefined) throw failure("file", "this system has no files:", new Text(name));
    return readAll(new TextDecoder().decode(files.read(name)), name);
  }

  hasFeature(requirement: Value): boolean {
    if (requirement instanceof Sym) return requirement.name === "else" || FEATURES.includes(requirement.name);
    const [head, ...rest] = listItems(requirement) ?? [];
    const word = head instanceof Sym ? head.name : "";
    if (word === "and") return rest.every((each) => this.hasFeature(each));
    if (word === "or") return rest.some((each) => this.hasFeature(each));
    if (word === "not") return !this.hasFeature(rest[0]);
    const name = write(rest[0]);
    return word === "library" && (STANDARD.has(name) || this.#defined.has(name));
  }

  defineLibrary([name, ...declarations]: readonly Value[], expander: Expander): Ast {
    const environment = new Environment();
    const scope = new Scope(environment);
    const specs: Value[] = [];
    const body: Ast[] = [];
    const declare = (declaration: Value): void => {
      const [head, ...rest] = expander.items(declaration);
      const word = head instanceof Sym ? head.name : "";
      if (word === "export") specs.push(...rest);
      else if (word === "import") this.importInto(scope, rest);
      else if (word === "begin") body.push(...rest.map((form) => expander.expand(form, scope)));
      else if (word === "include" || word === "include-ci") {
        for (const form of rest.flatMap((file) => this.readFile(textOf(file)))) body.push(expander.expand(form, scope));
      } else if (word === "include-library-declarations")
        rest.flatMap((file) => this.readFile(textOf(file))).forEach(declare);
      else if (word === "cond-expand") chosenClause(rest, expander).forEach(declare);
      else throw failure("syntax", "not a declaration of a library:", declaration);
    };
    // Imports first: the body may stand before them.
    const isImport = (each: Value): boolean => each instanceof Pair && each.car === symbol("import");
    declarations.filter(isImport).forEach(declare);
    declarations.filter((each) => !isImport(each)).forEach(declare);
    const exports = new Map<Sym, Cell>();
    for (const spec of specs) {
      const [inside, outside] = spec instanceof Sym ? [spec, spec] : expander.items(spec).slice(1);
      if (!(inside instanceof Sym && outside instanceof Sym)) throw failure("syntax", "not an export:", spec);
      exports.set(outside, environment.cell(inside));
    }
    this.#base.barrier.willDefine(this.#defined, write(name), exports);
    this.#defined.set(write(name), exports);
    return sequence(expander, body);
  }

  #environment(sets: readonly Value[]): Scope {
    const scope = this.#base.outside.makeScope();
    this.importInto(scope, sets);
    scope.environment.isSealed = true;
    return scope;
  }

  #resolve(set: Value): Exports {
    const known = this.#defined.get(write(set));
    if (known !== undefined) return known;
    if (isStandard(set)) return this.standardScope.environment.cells;
    const [head, inner, ...names] = listItems(set) ?? [];
    const word = head instanceof Sym && inner instanceof Pair ? head.name : "";
    if (!["only", "except", "prefix", "rename"].includes(word)) throw failure("syntax", "there is no library", set);
    const from = this.#resolve(inner);
    const result = new Map(word === "only" || word === "rename" ? [] : from);
    const take = (name: Value): Cell => {
      const cell = name instanceof Sym ? from.get(name) : undefined;
      if (cell === undefined) throw failure("syntax", "the library does not export", name);
      return cell;
    };
    if (word === "only") for (const name of names) result.set(toName(name), take(name));
    if (word === "except") for (const name of names) if (take(name)) result.delete(toName(name));
    if (word === "prefix") {
      result.clear();
      for (const [name, cell] of from) result.set(symbol(toName(names[0]).name + name.name), cell);
    }
    if (word === "rename") {
      const renamed = new Map(names.map((pair) => [listItems(pair)?.[0], toName(listItems(pair)?.[1])]));
      for (const [name, cell] of from) result.set(renamed.get(name) ?? name, cell);
    }
    return result;
  }
}

function toName(value: Value): Sym {
  if (value instanceof Sym) return value;
  throw failure("syntax", "not a name:", value);
}

function textOf(value: Value): string {
  if (value instanceof Text) return value.text;
  throw failure("syntax", "not a name of a file:", value);
}

/** True for a standard library, and for a part of one. */
function isStandard(set: Value): boolean {
  if (STANDARD.has(write(set))) return true;
  const [head, inner] = listItems(set) ?? [];
  return (
    head instanceof Sym &&
    inner instanceof Pair &&
    ["only", "except", "prefix", "rename"].includes(head.name) &&
    isStandard(inner)
  );
}

/** Makes variables known in an environment: copies of standard ones, others themselves. `barrier` is told when it is in use already. */
function open(exports: Exports, environment: Environment, isCopied = true, barrier?: WriteBarrier): void {
  for (const [name, cell] of exports) {
    const known = environment.cells.get(name);
    if (!isCopied || known === undefined) {
      const own = isCopied ? new Cell(name.name) : cell;
      if (isCopied) {
        barrier?.willAssign(own, cell.value);
        [own.value, own.syntax] = [cell.value, cell.syntax];
      }
      barrier?.willDefine(environment.cells, name, own);
      environment.cells.set(name, own);
    } else if (known.value === UNBOUND || known.value === cell.value) {
      if (known.value !== cell.value) barrier?.willAssign(known, cell.value);
      known.value = cell.value;
      barrier?.willDefine(known, "syntax", cell.syntax);
      known.syntax = cell.syntax;
    }
  }
}

/** All data of a text. */
function readAll(text: string, source: string): Value[] {
  const reader = new Reader(text, source);
  const data: Value[] = [];
  for (let datum = reader.read(); datum !== EOF; datum = reader.read()) data.push(datum);
  return data;
}
