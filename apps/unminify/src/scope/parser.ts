/**
 * acorn, told to forget: each statement is read for its names and dropped as soon as it is parsed, so
 * that of a bundle of any size only the path down to the current token exists as a syntax tree. A
 * subclass overrides the methods in which scopes open and close, as acorn's plugins do.
 */
import { tokTypes, type AnyNode, type Class, type Options, type Pattern } from "acorn";
import { NoEvidence } from "../naming/evidence.ts";
import { Notes } from "../naming/notes.ts";
import type { AnalyseOptions } from "./analyse.ts";
import { ScopeStack } from "./scope-stack.ts";
import { emptyTables, type Tables } from "./tables.ts";
import type { ReadFunction } from "./read-function.ts";
import { Walker } from "./walker.ts";
import { WordParser } from "./word-parser.ts";

/** Bits of acorn's scope flags (its `scopeflags.js`). */
const SCOPE = { function: 2, arrow: 16, fieldInit: 512, switch: 1024, staticBlock: 256 } as const;
/** Bit of `parseFunction`'s second argument. */
const IS_STATEMENT = 1;
/** How much is read between two collections at least, where they are allowed: 8 ms each. */
const COLLECT_EVERY_CHARACTERS = 2 ** 20;
/** A large source has more room beside it: this many collections are enough. */
const COLLECTIONS = 8;

/** What a dropped statement is replaced by. */
const DROPPED = { type: "EmptyStatement", start: 0, end: 0 } as const;

/** What belongs to a scope between its opening and its end. */
interface Frame {
  /** The loop or `switch` whose head is read when the scope closes. */
  head?: AnyNode;
  function?: ReadFunction;
  /** True where the body of the function has a scope of its own. */
  hasOwnBody?: boolean;
  /** `returned` of the function around. */
  outerReturned?: number | undefined;
  outerOptional?: Map<number, number> | undefined;
  /** `seesThis` of the function around. */
  outerSeesThis?: boolean;
  outerMessage?: string | undefined;
  isArrow?: boolean;
}

/** Reads a program once and leaves {@link Tables} and {@link Notes}. */
export class NameParser extends WordParser {
  // Acorn's constructor opens the first scope, before fields of this class would exist.
  declare tables: Tables;
  declare notes: Notes;
  declare scopes: ScopeStack;
  declare walker: Walker;
  declare frames: Frame[];
  declare switches: AnyNode[];
  /** Offset from which garbage is collected next. */
  declare collectAt: number;
  declare collectEvery: number;

  constructor(
    options: Options,
    input: string,
    { areBytes = false, collect = false, isCompared = false }: AnalyseOptions,
  ) {
    super(options, input, areBytes);
    if (isCompared) this.notes.evidence = new NoEvidence();
    this.collectEvery = Math.max(COLLECT_EVERY_CHARACTERS, input.length / COLLECTIONS);
    this.collectAt = collect ? this.collectEvery : Number.POSITIVE_INFINITY;
  }

  override enterScope(flags: number): void {
    if (this.frames === undefined) prepare(this);
    super.enterScope(flags);
    if ((flags & SCOPE.fieldInit) !== 0) return;
    const isFunction = (flags & (SCOPE.function | SCOPE.staticBlock)) !== 0;
    const isFirst = this.frames.length === 0;
    this.scopes.open(isFirst ? "program" : isFunction ? "function" : "block", this.start);
    const frame: Frame = {};
    if ((flags & SCOPE.switch) !== 0) frame.head = this.switches.pop();
    this.frames.push(frame);
  }

  override exitScope(): void {
    const flags = this.scopeStack.at(-1)?.flags ?? 0;
    super.exitScope();
    if ((flags & SCOPE.fieldInit) !== 0) return;
    const frame = this.frames.pop();
    if (frame?.function) this.#closeFunction(frame, frame.function);
    else if (frame?.head) this.walker.head(frame.head, this.#loopDepth());
    this.scopes.close(this.start);
  }

  /** How many counting loops of the same function are open. */
  #loopDepth(): number {
    let depth = 0;
    for (let index = this.frames.length - 1; index >= 0; index--) {
      const frame = this.frames[index];
      if (frame?.function) break;
      if (frame?.head?.type === "ForStatement") depth++;
    }
    return depth;
  }

  /** A body's own scope closes first: a default value does not see what the body declares. */
  #closeFunction(frame: Frame, node: ReadFunction): void {
    const { bindings } = this.tables;
    const inBody = frame.hasOwnBody === true ? this.scopes.closeBody(this.start) : undefined;
    this.walker.modules.isStrict = this.strict;
    this.walker.functionHead(node);
    // Only an arrow function's `this` is that of the code around.
    node.seesThis = frame.isArrow === true && this.walker.seesThis;
    this.walker.seesThis = node.seesThis || frame.outerSeesThis === true;
    if (inBody)
      for (const [name, binding] of inBody) {
        // `var a` in the body starts with the value of the parameter `a`: by its name.
        const parameter = this.scopes.declared(name);
        if (parameter !== undefined) bindings.join(parameter, binding);
      }
    this.walker.returned = frame.outerReturned;
    this.walker.message = frame.outerMessage;
    this.walker.isForwarding = false;
    this.notes.optional = frame.outerOptional;
    // The parameters stay: acorn still counts those of getters and setters.
    node.body = { type: "BlockStatement", body: [], start: node.start, end: node.start };
  }

  override parseFunctionBody(node: ReadFunction, isArrow: boolean, isMethod: boolean, forInit?: unknown): void {
    if (isArrow) this.scopes.beginAt(node.start);
    const frame = this.frames.at(-1);
    if (frame) {
      frame.function = node;
      frame.outerReturned = this.walker.returned;
      frame.outerOptional = this.notes.optional;
      frame.outerSeesThis = this.walker.seesThis;
      frame.outerMessage = this.walker.message;
      frame.isArrow = isArrow;
      const isBlock = this.type === tokTypes.braceL;
      frame.hasOwnBody = isBlock && !this.isSimpleParamList(node.params);
      if (frame.hasOwnBody) this.scopes.open("function", this.start);
    }
    this.walker.returned = undefined;
    this.walker.message = undefined;
    this.walker.isForwarding = false;
    this.walker.seesThis = false;
    this.notes.optional = undefined;
    super.parseFunctionBody(node, isArrow, isMethod, forInit);
  }

  override parseFunction(node: ReadFunction, statement: number, ...rest: unknown[]): ReadFunction {
    if ((statement & IS_STATEMENT) !== 0) return super.parseFunction(node, statement, ...rest);
    this.scopes.open("name", this.start);
    const read = super.parseFunction(node, statement, ...rest);
    if (read.id) this.notes.namedFunction(this.walker.functionName(read.id), read);
    this.scopes.close(this.start);
    return read;
  }

  override parseClass(node: Class, isStatement: boolean | "nullableID"): Class {
    this.scopes.open("class", this.start);
    const read = super.parseClass(node, isStatement);
    this.walker.classBody(read, isStatement === false);
    this.scopes.close(this.start);
    read.superClass = null;
    read.body.body = [];
    return read;
  }

  override parseStatement(context: string | null, topLevel?: boolean, exports?: unknown): AnyNode {
    // `if (a) function b() {}` of sloppy code: as if in a block (ECMA-262, B.3.3).
    const isInBlock = context === "if" && this.type === tokTypes._function;
    if (isInBlock) this.scopes.open("block", this.start);
    const node = super.parseStatement(context, topLevel, exports);
    this.walker.statement(node, this.strict);
    if (this.start > this.collectAt) this.#collect();
    if (isInBlock) this.scopes.close(this.start);
    return DROPPED;
  }

  /** V8 waits with a collection until the heap has doubled; here nearly all of it is garbage by then. */
  #collect(): void {
    globalThis.gc?.();
    this.collectAt = this.start + this.collectEvery;
  }

  override parseExportDeclaration(_node: AnyNode): AnyNode {
    // Read as part of the export, which has to know its names.
    return super.parseStatement(null);
  }

  override parseFor(node: AnyNode, init: unknown): AnyNode {
    this.#head(node, "ForStatement");
    return super.parseFor(node, init);
  }

  override parseForIn(node: AnyNode, init: unknown): AnyNode {
    this.#head(node, this.type === tokTypes._in ? "ForInStatement" : "ForOfStatement");
    return super.parseForIn(node, init);
  }

  /** The loop's scope closes before acorn has given the node its type. */
  #head(node: AnyNode, type: AnyNode["type"]): void {
    const frame = this.frames.at(-1);
    node.type = type;
    if (frame) frame.head = node;
  }

  override parseSwitchStatement(node: AnyNode): AnyNode {
    node.type = "SwitchStatement";
    this.switches.push(node);
    return super.parseSwitchStatement(node);
  }

  override parseWithStatement(node: AnyNode): AnyNode {
    const { height } = this.scopes;
    const read = super.parseWithStatement(node);
    this.scopes.seeByWith(height);
    return read;
  }

  override parseCatchClauseParam(): Pattern {
    const param = super.parseCatchClauseParam();
    this.scopes.beginAt(param.start);
    this.walker.catchParameter(param);
    return param;
  }

  /** Not checked: a pattern names nothing, and the bytes of the source need not be its characters. */
  override validateRegExpPattern(_state: unknown): void {}
}

/** Fields come to life when acorn's constructor opens the first scope. */
function prepare(parser: NameParser): void {
  parser.tables = emptyTables();
  parser.notes = new Notes(parser.tables.names, parser.input);
  parser.scopes = new ScopeStack(parser.tables);
  parser.walker = new Walker(parser.scopes, parser.notes);
  parser.frames = [];
  parser.switches = [];
}
