/**
 * The tree between the expander and the code generator: every macro is gone, every name is a variable or a global cell.
 */
import type { Value } from "../data/values.ts";
import type { Position } from "../reader/reader.ts";
import type { Cell } from "./binding.ts";

/** Where a piece of code came from. */
export interface Site {
  /** Where the form began. */
  readonly position: Position | undefined;
  /** The form, as it was read. */
  readonly form: Value;
}

/** A local variable. */
export class Variable {
  /** Its name, for messages. */
  readonly name: string;
  /** True when it lives in a box: it is assigned, or defined inside a body. */
  isBoxed: boolean;
  constructor(name: string, isBoxed = false) {
    this.name = name;
    this.isBoxed = isBoxed;
  }
}

/** A procedure's text. */
export interface LambdaAst {
  readonly kind: "lambda";
  readonly site: Site;
  /** What messages call it; empty for one without a name. */
  readonly name: string;
  /** Its parameters; the last takes the rest when `hasRest`. */
  readonly parameters: readonly Variable[];
  /** True when the last parameter takes all further arguments as a list. */
  readonly hasRest: boolean;
  readonly body: Ast;
}

/** An expression without macros. */
export type Ast =
  | { readonly kind: "constant"; readonly site: Site; readonly value: Value }
  | { readonly kind: "local"; readonly site: Site; readonly variable: Variable }
  | { readonly kind: "global"; readonly site: Site; readonly cell: Cell }
  | { readonly kind: "set"; readonly site: Site; readonly variable: Variable; readonly value: Ast }
  | {
      readonly kind: "set-global";
      readonly site: Site;
      readonly cell: Cell;
      readonly value: Ast;
      readonly isDefinition: boolean;
    }
  | { readonly kind: "if"; readonly site: Site; readonly test: Ast; readonly yes: Ast; readonly no: Ast }
  | LambdaAst
  | { readonly kind: "sequence"; readonly site: Site; readonly items: readonly Ast[] }
  | { readonly kind: "call"; readonly site: Site; readonly operator: Ast; readonly operands: readonly Ast[] }
  | {
      readonly kind: "let";
      readonly site: Site;
      readonly variables: readonly Variable[];
      readonly values: readonly Ast[];
      readonly body: Ast;
    }
  | { readonly kind: "boxes"; readonly site: Site; readonly variables: readonly Variable[]; readonly body: Ast };
