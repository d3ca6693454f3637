/**
 * acorn's parser as its plugins see it: the published types leave out the methods that a subclass may override.
 */
import { Parser, type AnyNode, type Class, type Identifier, type Options, type Pattern, type TokenType } from "acorn";
import type { ReadFunction } from "./read-function.ts";

/** The methods and fields of acorn's parser that are overridden or read here. */
export interface AcornInternals {
  start: number;
  lastTokEnd: number;
  strict: boolean;
  type: unknown;
  scopeStack: readonly { readonly flags: number }[];
  parseStatement(context: string | null, topLevel?: boolean, exports?: unknown): AnyNode;
  parseExportDeclaration(node: AnyNode): AnyNode;
  parseFunction(node: ReadFunction, statement: number, ...rest: unknown[]): ReadFunction;
  parseFunctionBody(node: ReadFunction, isArrow: boolean, isMethod: boolean, forInit?: unknown): void;
  parseClass(node: Class, isStatement: boolean | "nullableID"): Class;
  parseFor(node: AnyNode, init: unknown): AnyNode;
  parseForIn(node: AnyNode, init: unknown): AnyNode;
  parseSwitchStatement(node: AnyNode): AnyNode;
  parseWithStatement(node: AnyNode): AnyNode;
  parseCatchClauseParam(): Pattern;
  validateRegExpPattern(state: unknown): void;
  containsEsc: boolean;
  readWord(): void;
  readWord1(): string;
  finishToken(type: TokenType, value: string): void;
  checkUnreserved(reference: Identifier): void;
  skipLineComment(startSkip: number): void;
  input: string;
  pos: number;
  enterScope(flags: number): void;
  exitScope(): void;
  isSimpleParamList(params: readonly Pattern[]): boolean;
  parse(): unknown;
}

/** Acorn's parser with what it keeps to itself. */
export const AcornParser = Parser as unknown as new (options: Options, input: string) => AcornInternals;
