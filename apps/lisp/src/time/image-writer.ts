/**
 * Writes objects with everything that they need, code included, so that another process can read them: what the standard library was
 * made of is named by number, and all else is in the image.
 */
import { symbol } from "../data/symbols.ts";
import { RecordType, type Value } from "../data/values.ts";
import { Alias, Cell, Environment, Scope, UNBOUND } from "../expander/binding.ts";
import { SyntaxRules } from "../expander/syntax-rules.ts";
import type { Code } from "../machine/code.ts";
import { type Node, type Template, Unit } from "../machine/node.ts";
import { Primitive } from "../machine/procedures.ts";
import { ImageMarks, type Marks } from "./marks.ts";
import { FIRST_OFFSET } from "./log.ts";
import { TAG } from "./shapes.ts";
import { ValueWriter } from "./value-writer.ts";

/** The numbers of an image, and those of the standard library. */
class LibraryMarks implements Marks {
  readonly #own = new ImageMarks();
  readonly #live: Marks;
  readonly #end: number;

  constructor(live: Marks, end: number) {
    this.#live = live;
    this.#end = end;
  }

  get(object: object): number {
    const live = this.#live.get(object);
    return live > 1 && live < this.#end ? live : this.#own.get(object);
  }

  set(object: object, mark: number): void {
    this.#own.set(object, mark);
  }
}

/** What an image is made of. */
export interface ImageBase {
  /** The numbers of objects. */
  readonly marks: Marks;
  /** The first number that is not one of the standard library. */
  readonly libraryEnd: number;
  /** The code. */
  readonly code: Code;
  /** The program's own variables. */
  readonly global: Environment;
}

/** Writes an image. */
export class ImageWriter extends ValueWriter {
  readonly #code: Code;
  readonly #global: Environment;
  readonly #hasValues: boolean;

  /** `hasValues` says whether global variables come with their values. */
  constructor({ marks, libraryEnd, code, global }: ImageBase, hasValues: boolean) {
    super(new LibraryMarks(marks, libraryEnd));
    this.#code = code;
    this.#global = global;
    this.#hasValues = hasValues;
  }

  /** The bytes of `root` and all that it needs. */
  write(root: Value): Uint8Array {
    this.ensure(root);
    const at = this.offset;
    this.value(root);
    const { versions } = this;
    const table = this.offset;
    this.out.varint(versions.length);
    for (const number of versions) this.out.varint(number);
    // At the end, in places of their own: where the root and the table are.
    this.out.double(at);
    this.out.double(table);
    return this.takeChunk();
  }

  protected override node(node: Node): void {
    const { out } = this;
    const { unit } = node;
    if (unit === undefined) {
      out.varint(-node.id);
      return;
    }
    out.varint(8 + node.id - unit.first);
    this.value(unit);
  }

  protected override nodeNumber(): number {
    return -1;
  }

  protected override pushNode(node: Node): void {
    this.push(node.unit);
  }

  protected override template({ id, body }: Template): void {
    this.out.varint(id - (body.unit?.first ?? 0));
    this.value(body.unit);
  }

  protected override takeOutside(): boolean {
    return false;
  }

  /** True for an object of the standard library. */
  protected isLibrary(object: object): boolean {
    const mark = this.marks.get(object);
    return mark > 1 && mark < FIRST_OFFSET;
  }

  protected override pushHost(object: object): boolean {
    if (object instanceof Cell) {
      this.push(this.#valueOf(object));
      this.push(this.#hasValues ? object.syntax : undefined);
    } else if (object instanceof Unit) this.#pushUnit(object);
    else if (object instanceof Primitive) this.#pushAll(recordPlace(object));
    else if (object instanceof Scope) this.push(object.environment);
    else if (object instanceof Environment) this.push(object.cells);
    else if (object instanceof Map) this.#pushAll([...object].flat());
    else if (object instanceof SyntaxRules) this.#pushAll([object.operands, object.scope]);
    else if (object instanceof Alias) this.#pushAll([object.name, object.scope]);
    else if (object instanceof RecordType) this.push(object.fields);
    else return false;
    return true;
  }

  protected override hostRecord(object: object): boolean {
    const { out } = this;
    if (object instanceof Cell) {
      out.byte(TAG.cell);
      out.text(object.name);
      out.byte(this.#global.cells.get(symbol(object.name)) === object ? 1 : 0);
      this.value(this.#valueOf(object));
      this.value(this.#hasValues ? object.syntax : undefined);
    } else if (object instanceof Unit) this.#unit(object);
    else if (object instanceof Primitive) this.#several(TAG.primitive, recordPlace(object));
    else if (object instanceof Scope) this.#several(TAG.scope, [object.environment]);
    else if (object instanceof Environment) {
      this.#several(TAG.environment, [object.cells, object.isSealed]);
    } else if (object instanceof Map) this.#several(TAG.map, [...object].flat());
    else if (object instanceof SyntaxRules) this.#several(TAG.macro, [object.operands, object.scope]);
    else if (object instanceof Alias) this.#several(TAG.alias, [object.name, object.scope]);
    else if (object instanceof RecordType) this.#several(TAG.recordType, [object.name, object.fields]);
    else return false;
    return true;
  }

  /** What is written of a variable's value; of others a history has it. */
  #valueOf({ value }: Cell): Value {
    const isLibrary = typeof value !== "object" || value === null || this.isLibrary(value);
    return this.#hasValues || isLibrary ? value : UNBOUND;
  }

  #several(tag: number, values: readonly Value[]): void {
    this.out.byte(tag);
    this.list(values);
  }

  #pushAll(values: readonly Value[]): void {
    for (const value of values) this.push(value);
  }

  #pushUnit({ nodes }: Unit): void {
    for (const node of nodes) {
      this.push(node.site);
      this.push(node.value);
      this.push(node.template?.site);
      if (node.cell.name !== "") this.push(node.cell);
      if (node.fn.name !== "nothing") this.push(this.#code.meaning(node));
    }
  }

  #unit({ first, nodes }: Unit): void {
    const { out } = this;
    out.byte(TAG.unit);
    out.varint(first);
    out.varint(nodes.length);
    for (const node of nodes) {
      out.varint(node.fast);
      this.value(node.site);
    }
    for (const node of nodes) {
      const part = (other: Node): void => out.varint(other === node ? 0 : other.id - first + 1);
      out.varint(node.slow);
      for (const other of [node.a, node.b, node.c, node.parent ?? node]) part(other);
      out.varint(node.args.length);
      node.args.forEach(part);
      out.varint(node.slot);
      out.varint(node.depth);
      this.value(node.value);
      this.value(node.cell.name === "" ? false : node.cell);
      this.value(node.fn.name === "nothing" ? false : this.#code.meaning(node));
      out.byte(node.template === undefined ? 0 : 1);
      if (node.template !== undefined) this.#template(node.template, first);
    }
  }

  #template({ name, site, required, hasRest, boxed, captures, body }: Template, first: number): void {
    const { out } = this;
    out.text(name);
    this.value(site);
    out.varint(required);
    out.byte(hasRest ? 1 : 0);
    for (const numbers of [boxed, captures]) {
      out.varint(numbers.length);
      for (const number of numbers) out.varint(number);
    }
    out.varint(body.id - first);
  }
}

/** How a record's procedure is made: the name of the maker, the type, the name, and slots, which are a vector or one number. */
function recordPlace(primitive: Primitive): readonly Value[] {
  const { of } = primitive;
  if (of === undefined) throw new TypeError(`the primitive ${primitive.name} is none of the standard library's`);
  const [type, name, slots] = of.operands;
  return Array.isArray(slots) ? [of.how, type, name, true, ...slots] : [of.how, type, name, false, slots];
}
