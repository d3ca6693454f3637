/**
 * Reads what {@link ImageWriter} wrote. Objects whose constructors need their parts are made when they are first met; the parts of
 * those never lead back to them without passing one that can be empty for a while.
 */
import { symbol } from "../data/symbols.ts";
import { RecordType, Sym, type Value } from "../data/values.ts";
import { Alias, Cell, Environment, Scope, Special, type Syntax, UNBOUND } from "../expander/binding.ts";
import { SyntaxRules } from "../expander/syntax-rules.ts";
import type { Code } from "../machine/code.ts";
import { Node, type Template, Unit } from "../machine/node.ts";
import { Primitive } from "../machine/procedures.ts";
import type { Site } from "../expander/ast.ts";
import type { Cursor } from "./bytes.ts";
import { FIRST_OFFSET, Log } from "./log.ts";
import { ImageMarks } from "./marks.ts";
import type { Registry } from "./registry.ts";
import { TAG } from "./shapes.ts";
import { damaged, ValueReader } from "./value-reader.ts";

/** What an image is read into. */
export interface ImageTarget {
  /** The objects of the standard library. */
  readonly registry: Registry;
  /** The code. */
  readonly code: Code;
  /** A scope with the standard names. */
  readonly standard: Scope;
  /** Whether code keeps its numbers. */
  readonly keepsNumbers: boolean;
  /** The variable that one of the image stands for. Its value is taken over unless it has one. */
  place(name: string, isGlobal: boolean): Cell;
  /** To be called before a variable gets the value that it had. */
  willAssign(cell: Cell, value: Value): void;
}

/** The value of an image, and the code that came with it. @throws `LispError` of kind `image`. */
export function readImage(
  bytes: Uint8Array,
  target: ImageTarget,
): { readonly root: Value; readonly units: readonly Unit[] } {
  const log = new Log();
  log.append(bytes);
  const end = log.at(FIRST_OFFSET + bytes.length - 16);
  const [at, table] = [end.double(), end.double()];
  const cursor = log.at(table);
  const versions = new Map<number, number>();
  for (let left = cursor.varint() / 2; left > 0; left--) versions.set(cursor.varint(), cursor.varint());
  const reader = new ImageReader(log, versions, target);
  const start = log.at(at);
  const root = reader.read(start, at - start.at);
  return { root, units: reader.finishCode() };
}

class ImageReader extends ValueReader {
  readonly #target: ImageTarget;
  readonly #units: Unit[] = [];
  readonly #meanings = new Map<Node, Primitive>();

  constructor(log: Log, versions: ReadonlyMap<number, number>, target: ImageTarget) {
    super(log, new ImageMarks(), versions);
    this.#target = target;
  }

  protected override node(cursor: Cursor, first: number, offset: number): Node {
    if (first < 8) return this.#target.registry.node(-first);
    const unit = this.value(cursor, offset);
    const node = unit instanceof Unit ? unit.nodes[first - 8] : undefined;
    if (node === undefined) throw damaged();
    return node;
  }

  protected override template(cursor: Cursor, offset: number): Template {
    const index = cursor.varint();
    const unit = this.value(cursor, offset);
    const node = unit instanceof Unit ? unit.nodes[index] : undefined;
    const template = node?.template;
    if (template === undefined) throw damaged();
    return template;
  }

  protected override pinned(id: number): object {
    return this.#target.registry.object(id);
  }

  protected override makeHost(tag: number, cursor: Cursor, offset: number): object {
    if (tag === TAG.unit) return this.#makeUnit(cursor, offset);
    if (tag === TAG.cell) return this.#target.place(cursor.text(), cursor.byte() === 1);
    if (tag === TAG.map) return new Map();
    const parts = this.list(cursor, offset);
    const [first, second, third, isList, ...slots] = parts;
    if (tag === TAG.recordType && typeof first === "string" && Array.isArray(second)) {
      // The names are in a list of their own, which is filled before this image is used.
      return new RecordType(first, second as string[]);
    }
    if (tag === TAG.environment && first instanceof Map) {
      const environment = new Environment(first as Map<Sym, Cell>);
      environment.isSealed = second === true;
      return environment;
    }
    if (tag === TAG.scope && first instanceof Environment) return new Scope(first);
    if (tag === TAG.alias && (first instanceof Sym || first instanceof Alias) && second instanceof Scope)
      return new Alias(first, second);
    if (tag === TAG.macro && Array.isArray(first) && second instanceof Scope)
      return new SyntaxRules(first as Value[], second, true);
    if (tag === TAG.primitive && typeof first === "string") {
      const maker = this.#target.standard.environment.cell(symbol(first)).value;
      const made = maker instanceof Primitive ? maker.fn(second, third, isList === true ? slots : slots[0]) : undefined;
      if (made instanceof Primitive) return made;
    }
    throw damaged();
  }

  protected override fillHost(object: object, tag: number, cursor: Cursor, offset: number): void {
    if (object instanceof Cell && tag === TAG.cell) {
      cursor.text();
      cursor.byte();
      const [value, syntax] = [this.value(cursor, offset), this.value(cursor, offset)];
      if (object.value !== UNBOUND || object.syntax !== undefined) return;
      if (value !== UNBOUND) this.#target.willAssign(object, value);
      object.value = value;
      if (isSyntax(syntax)) object.syntax = syntax;
    } else if (object instanceof Map && tag === TAG.map) {
      const entries = this.list(cursor, offset);
      for (let index = 0; index < entries.length; index += 2) object.set(entries[index], entries[index + 1]);
    }
  }

  #makeUnit(cursor: Cursor, offset: number): Unit {
    const { code, keepsNumbers } = this.#target;
    const first = cursor.varint();
    const count = cursor.varint();
    const unit = new Unit(keepsNumbers ? first : code.nextNode);
    const nodes: Node[] = [];
    for (let index = 0; index < count; index++) {
      const op = cursor.varint();
      nodes.push(new Node(unit.first + index, op, this.value(cursor, offset) as Site));
    }
    code.adopt(unit, nodes);
    this.#units.push(unit);
    this.#fillUnit(unit, cursor, offset);
    return unit;
  }

  #fillUnit(unit: Unit, cursor: Cursor, offset: number): void {
    const { nodes } = unit;
    const part = (node: Node): Node => {
      const index = cursor.varint();
      return index === 0 ? node : (nodes[index - 1] ?? node);
    };
    for (const node of nodes) {
      node.slow = cursor.varint();
      [node.a, node.b, node.c] = [part(node), part(node), part(node)];
      const parent = part(node);
      if (parent !== node) node.parent = parent;
      const count = cursor.varint();
      node.args = Array.from({ length: count }, () => part(node));
      node.slot = cursor.varint();
      node.depth = cursor.varint();
      node.value = this.value(cursor, offset);
      const cell = this.value(cursor, offset);
      if (cell instanceof Cell) node.cell = cell;
      const meaning = this.value(cursor, offset);
      if (meaning instanceof Primitive) {
        node.fn = meaning.fn;
        this.#meanings.set(node, meaning);
      }
      if (cursor.byte() === 1) node.template = this.#template(node, nodes, cursor, offset);
    }
  }

  #template(node: Node, nodes: readonly Node[], cursor: Cursor, offset: number): Template {
    const name = cursor.text();
    const site = this.value(cursor, offset) as Site;
    const required = cursor.varint();
    const hasRest = cursor.byte() === 1;
    const [boxed, captures] = [0, 1].map(() => Array.from({ length: cursor.varint() }, () => cursor.varint()));
    const body = nodes[cursor.varint()];
    if (body === undefined) throw damaged();
    return { id: node.id, name, site, required, hasRest, boxed: boxed ?? [], captures: captures ?? [], body };
  }

  /** Notes what the code relies on, once every variable has its value. */
  finishCode(): readonly Unit[] {
    for (const [node, meaning] of this.#meanings) this.#target.code.relyOn(node, meaning);
    return this.#units;
  }
}

function isSyntax(value: Value): value is Syntax {
  return value instanceof Special || value instanceof SyntaxRules;
}
