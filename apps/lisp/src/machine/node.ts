/**
 * The code that the machine runs: a tree of nodes with numbers, all of one shape so that the engine reads them quickly. A node below
 * {@link FIRST_COMPLEX} is simple: it is evaluated at once and never needs a frame.
 *
 * A call of a standard primitive is compiled to a node of its own, as long as the primitive's name has its first meaning. When a
 * program redefines the name, every such node turns into an ordinary call ({@link block}), and back when the meaning returns: what a
 * node does depends on the state alone, as re-execution asks.
 */
import type { Site } from "../expander/ast.ts";
import { Cell } from "../expander/binding.ts";
import type { Value } from "../data/values.ts";
import type { Layout } from "./layout.ts";

/** What a node does. The machine's switch has these numbers in plain, because the engine makes a jump table of literals only. */
export const OP = {
  constant: 0,
  local0: 1,
  local1: 2,
  localN: 3,
  box: 4,
  global: 5,
  lambda: 6,
  simpleIf: 7,
  primitive1: 8,
  primitive2: 9,
  primitive3: 10,
  if: 64,
  sequence: 65,
  call: 66,
  let: 67,
  boxes: 68,
  setBox: 69,
  setGlobal: 70,
  defineGlobal: 71,
  apply1: 72,
  apply2: 73,
  halt: 80,
  restore: 81,
  raised: 82,
  resume: 83,
  absent: 84,
} as const;

/** The first operation that may need a frame. */
export const FIRST_COMPLEX = 64;

/** Primitives that the machine computes itself, with the operation of a node that does so. */
export const OWN_OPERATIONS: ReadonlyMap<string, number> = new Map([
  ["not/1", 16],
  ["car/1", 17],
  ["cdr/1", 18],
  ["null?/1", 19],
  ["pair?/1", 20],
  ["zero?/1", 21],
  ["+/2", 32],
  ["-/2", 33],
  ["*/2", 34],
  ["</2", 35],
  [">/2", 36],
  ["<=/2", 37],
  [">=/2", 38],
  ["=/2", 39],
  ["eq?/2", 40],
  ["cons/2", 41],
  ["vector-ref/2", 42],
]);

const NO_CELL = new Cell("");

/** The text of a procedure. */
export interface Template {
  /** The number of the node that makes closures of it. */
  readonly id: number;
  /** What messages call it; empty for one without a name. */
  readonly name: string;
  /** Where it was written. */
  readonly site: Site;
  /** How many arguments it needs. */
  readonly required: number;
  /** True when it takes further arguments as a list. */
  readonly hasRest: boolean;
  /** The slots of parameters that are assigned, and so live in boxes. */
  readonly boxed: readonly number[];
  /** Where each captured variable is found when the closure is made: depth and slot in turn. */
  readonly captures: readonly number[];
  /** What it does. */
  body: Node;
}

/** The code of one form, which lives as long as any of its nodes. */
export class Unit {
  /** The number of its first node; the others follow. */
  readonly first: number;
  /** Its nodes. */
  readonly nodes: Node[] = [];
  /** Its nodes that rely on the first meaning of a global variable. */
  readonly relying = new Map<Cell, Node[]>();
  /** How tables hold it. */
  readonly ref = new WeakRef(this);
  constructor(first: number) {
    this.first = first;
  }
}

/** A piece of code. */
export class Node {
  /** What it does now. */
  op: number;
  /** Operands; the node itself where it has none. */
  a: Node = this;
  b: Node = this;
  c: Node = this;
  /** The operands of a call, the values of a `let`, the items of a sequence. */
  args: readonly Node[] = NO_NODES;
  /** Where a variable is in its environment, or how many boxes there are. */
  slot = 0;
  /** How many environments up. */
  depth = 0;
  /** A constant. */
  value: Value = undefined;
  /** A global variable. */
  cell: Cell = NO_CELL;
  /** A primitive's function. */
  fn: (...values: Value[]) => Value = nothing;
  /** A procedure's text. */
  template: Template | undefined = undefined;
  /** Its number in the code table. */
  readonly id: number;
  /** Where it came from. */
  readonly site: Site;
  /** What it does while its primitives have their first meaning. */
  readonly fast: number;
  /** What it does otherwise. */
  slow: number;
  /** How many of its primitives, and of those of simple operands, have lost their first meaning. */
  blocked = 0;
  /** The node that it is an operand of, while both are simple. */
  parent: Node | undefined = undefined;
  /** The variables in reach; `undefined` for the machine's own. */
  layout: Layout | undefined = undefined;
  /** The form that it is of; `undefined` for the machine's own. */
  unit: Unit | undefined = undefined;

  constructor(id: number, op: number, site: Site) {
    this.id = id;
    this.op = op;
    this.fast = op;
    this.slow = op;
    this.site = site;
  }
}

const NO_NODES: readonly Node[] = [];

function nothing(): Value {
  return undefined;
}

/** Counts a primitive of `node` as redefined (`by` 1) or restored (`by` -1). */
export function block(node: Node, by: 1 | -1): void {
  const before = node.blocked;
  node.blocked += by;
  if ((before === 0) === (node.blocked === 0)) return;
  node.op = node.blocked === 0 ? node.fast : node.slow;
  if (node.fast < FIRST_COMPLEX && node.parent !== undefined) block(node.parent, by);
}
