/**
 * Trees to nodes: gives every variable a place (depth and slot), decides what a closure captures, and finds the calls of primitives
 * that need no frame.
 */
import type { Ast, LambdaAst, Site, Variable } from "../expander/ast.ts";
import type { Cell } from "../expander/binding.ts";
import type { Layout } from "./layout.ts";
import { FIRST_COMPLEX, type Node, OP, OWN_OPERATIONS, type Template } from "./node.ts";
import { Primitive } from "./procedures.ts";

/** Where nodes get their numbers, and where those that rely on a primitive's name are known. */
export interface CodeTable {
  /** Begins the code of a form. */
  open(): void;
  /** Ends it, and lets go of it. */
  close(): void;
  /** A node with the next free number. */
  add(op: number, site: Site): Node;
  /** True when the present meaning of a global variable may be relied on. */
  mayRely(cell: Cell): boolean;
  /** Notes that `node` relies on the meaning of a global variable. */
  rely(node: Node, cell: Cell): void;
}

/** The node of a tree at the top of a program. */
export function generate(ast: Ast, code: CodeTable): Node {
  code.open();
  try {
    return new Generator(code).node(ast, { levels: [[]], captured: [] });
  } finally {
    code.close();
  }
}

/** The text of a procedure without parameters that does what a tree at the top of a program says. */
export function generateThunk(body: Ast, code: CodeTable): Node {
  return generate({ kind: "lambda", site: body.site, name: "eval", parameters: [], hasRest: false, body }, code);
}

class Generator {
  readonly #code: CodeTable;
  constructor(code: CodeTable) {
    this.#code = code;
  }

  node(ast: Ast, layout: Layout): Node {
    const node = this.#node(ast, layout);
    node.layout = layout;
    return node;
  }

  #node(ast: Ast, layout: Layout): Node {
    const { site } = ast;
    switch (ast.kind) {
      case "constant": {
        const node = this.#code.add(OP.constant, site);
        node.value = ast.value;
        return node;
      }
      case "local": {
        const [depth, slot] = place(ast.variable, layout);
        const near = depth === 0 ? OP.local0 : depth === 1 ? OP.local1 : OP.localN;
        const node = this.#code.add(ast.variable.isBoxed ? OP.box : near, site);
        node.depth = depth;
        node.slot = slot;
        node.value = ast.variable.name;
        return node;
      }
      case "global": {
        const node = this.#code.add(OP.global, site);
        node.cell = ast.cell;
        return node;
      }
      case "set": {
        const node = this.#code.add(OP.setBox, site);
        [node.depth, node.slot] = place(ast.variable, layout);
        node.value = ast.variable.name;
        node.a = this.node(ast.value, layout);
        return node;
      }
      case "set-global": {
        const node = this.#code.add(ast.isDefinition ? OP.defineGlobal : OP.setGlobal, site);
        node.cell = ast.cell;
        node.a = this.node(ast.value, layout);
        return node;
      }
      case "if":
        return this.#conditional(ast, layout);
      case "lambda":
        return this.#lambda(ast, layout);
      case "sequence": {
        const node = this.#code.add(OP.sequence, site);
        node.args = ast.items.map((item) => this.node(item, layout));
        return node;
      }
      case "call":
        return this.#call(ast, layout);
      case "let": {
        const node = this.#code.add(OP.let, site);
        node.args = ast.values.map((value) => this.node(value, layout));
        node.value = ast.variables.flatMap(({ isBoxed }, index) => (isBoxed ? [index + 1] : []));
        node.a = this.node(ast.body, { ...layout, levels: [ast.variables, ...layout.levels] });
        return node;
      }
      case "boxes": {
        const node = this.#code.add(OP.boxes, site);
        node.slot = ast.variables.length;
        node.a = this.node(ast.body, { ...layout, levels: [ast.variables, ...layout.levels] });
        return node;
      }
    }
  }

  #conditional(ast: Extract<Ast, { kind: "if" }>, layout: Layout): Node {
    const [a, b, c] = [this.node(ast.test, layout), this.node(ast.yes, layout), this.node(ast.no, layout)];
    const isSimple = isQuick(a) && isQuick(b) && isQuick(c);
    const node = this.#code.add(isSimple ? OP.simpleIf : OP.if, ast.site);
    [node.a, node.b, node.c] = [a, b, c];
    node.slow = OP.if;
    if (isSimple) adopt(node, [a, b, c]);
    return node;
  }

  #lambda(ast: LambdaAst, layout: Layout): Node {
    const inner: Layout = { levels: [ast.parameters], captured: [] };
    const body = this.node(ast.body, inner);
    const node = this.#code.add(OP.lambda, ast.site);
    const template: Template = {
      id: node.id,
      name: ast.name,
      site: ast.site,
      required: ast.parameters.length - (ast.hasRest ? 1 : 0),
      hasRest: ast.hasRest,
      boxed: ast.parameters.flatMap(({ isBoxed }, index) => (isBoxed ? [index + 1] : [])),
      captures: inner.captured.flatMap((variable) => place(variable, layout)),
      body,
    };
    node.template = template;
    return node;
  }

  #call(ast: Extract<Ast, { kind: "call" }>, layout: Layout): Node {
    const operator = this.node(ast.operator, layout);
    const args = ast.operands.map((operand) => this.node(operand, layout));
    const node = this.#inlined(ast, args) ?? this.#code.add(OP.call, ast.site);
    const [first = node, second = node, third = node] = args;
    node.args = args;
    node.slow = OP.call;
    if (node.fast === OP.call) {
      node.a = operator;
      return node;
    }
    [node.a, node.b, node.c] = [first, second, third];
    node.template = undefined;
    node.cell = operator.cell;
    this.#code.rely(node, operator.cell);
    if (node.fast < FIRST_COMPLEX) adopt(node, args);
    return node;
  }

  /** A node for the call of a primitive, unless it has to be an ordinary call. */
  #inlined({ operator, site }: Extract<Ast, { kind: "call" }>, args: readonly Node[]): Node | undefined {
    if (operator.kind !== "global" || args.length === 0 || args.length > 3) return undefined;
    const primitive = operator.cell.value;
    if (!this.#code.mayRely(operator.cell)) return undefined;
    const count = args.length;
    if (!(primitive instanceof Primitive) || count < primitive.least || count > primitive.most) return undefined;
    const isSimple = args.every(isQuick);
    if (!isSimple && count === 3) return undefined;
    const own = OWN_OPERATIONS.get(`${primitive.name}/${count}`);
    const simple = own ?? [OP.primitive1, OP.primitive2, OP.primitive3][count - 1] ?? OP.call;
    const node = this.#code.add(isSimple ? simple : count === 1 ? OP.apply1 : OP.apply2, site);
    // What a node with a frame computes when its operands are there.
    node.depth = simple;
    node.fn = primitive.fn;
    return node;
  }
}

function isQuick(node: Node): boolean {
  return node.op < FIRST_COMPLEX;
}

function adopt(parent: Node, operands: readonly Node[]): void {
  for (const operand of operands) operand.parent = parent;
}

/** Depth and slot of a variable. One from outside of the procedure is captured, and found past the outermost environment. */
function place(variable: Variable, { levels, captured }: Layout): [number, number] {
  for (const [depth, level] of levels.entries()) {
    const index = level.indexOf(variable);
    if (index >= 0) return [depth, index + 1];
  }
  let slot = captured.indexOf(variable);
  if (slot < 0) slot = captured.push(variable) - 1;
  return [levels.length, slot + 1];
}
