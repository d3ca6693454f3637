/**
 * Where the variables in reach of a node are: what gives a slot of an environment back its name.
 */
import type { Variable } from "../expander/ast.ts";

/** The variables that are in reach at a place inside one procedure. */
export interface Layout {
  /** The variables of each environment, the innermost first; the first variable has slot 1. */
  readonly levels: readonly (readonly Variable[])[];
  /** What the procedure has captured, in the environment past the outermost; the first has slot 1. */
  readonly captured: Variable[];
}
