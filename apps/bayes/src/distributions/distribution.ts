/**
 * What a distribution is to a model: the log of its density (or probability) at each element. Normalising constants are
 * kept, so that densities may be mixed and compared.
 */
import type { Operand, Value } from "../graph/value.ts";

/** A distribution of numbers; parameters and values broadcast. */
export interface Distribution {
  /** For messages: `normal`. */
  readonly name: string;
  /** Log density at each element of `x`; one number for distributions of whole vectors and matrices. */
  logProb(x: Operand): Value;
}

/** Names a log density. */
export function distribution(name: string, logProb: (x: Operand) => Value): Distribution {
  return { name, logProb };
}
