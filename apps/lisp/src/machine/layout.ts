/**
 * Where the variables in reach of a node are: what gives a slot of an environment back its name. Kept beside the nodes, weakly.
 */
import { Metadata } from "plimsoll/history/browser";
import type { Variable } from "../expander/ast.ts";
import type { Node } from "./node.ts";

/** The variables that are in reach at a place inside one procedure. */
export interface Layout {
  /** The variables of each environment, the innermost first; the first variable has slot 1. */
  readonly levels: readonly (readonly Variable[])[];
  /** What the procedure has captured, in the environment past the outermost; the first has slot 0. */
  readonly captured: Variable[];
}

/** The layouts by node. */
export const layouts = new Metadata<Layout>();

/** The layout of a node that was made from a program; `undefined` for the machine's own. */
export function layoutOf(node: Node): Layout | undefined {
  return layouts.get(node);
}
