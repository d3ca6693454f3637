/**
 * How many objects of each kind a program keeps alive: those that its variables and the machine's registers lead to. The standard
 * library and code are not counted.
 */
import { isKeyed, Pair, RecordValue, Text } from "../data/values.ts";
import { Environment, Scope } from "../expander/binding.ts";
import { Unit } from "../machine/node.ts";
import { Closure, Continuation, Frame } from "../machine/procedures.ts";
import { Place, visitReferences } from "./references.ts";

/** The kinds that are told apart. */
export type Kind =
  | "pairs"
  | "vectors"
  | "strings"
  | "bytevectors"
  | "records"
  | "tables"
  | "procedures"
  | "continuations"
  | "frames"
  | "environments"
  | "others";

/** What a count has found. */
export interface Census {
  /** Objects by kind; kinds without any are left out. */
  readonly kinds: ReadonlyMap<Kind, number>;
  /** All of them. */
  readonly total: number;
  /** False when it stopped before it had seen all. */
  readonly isComplete: boolean;
}

function kindOf(object: object): Kind {
  if (object instanceof Pair) return "pairs";
  if (Array.isArray(object)) return "vectors";
  if (object instanceof Text) return "strings";
  if (object instanceof Uint8Array) return "bytevectors";
  if (object instanceof RecordValue) return isKeyed(object) ? "tables" : "records";
  if (object instanceof Closure) return "procedures";
  if (object instanceof Continuation) return "continuations";
  if (object instanceof Frame) return "frames";
  return object instanceof Place ? "environments" : "others";
}

/** Counts what these values lead to, at most `limit` objects. */
export function countReachable(values: Iterable<unknown>, limit: number): Census {
  const kinds = new Map<Kind, number>();
  const seen = new Set<object>();
  const work: object[] = [];
  const reach = (target: unknown): void => {
    if (typeof target !== "object" || target === null) return;
    if (target instanceof Unit || target instanceof Scope || target instanceof Environment) return;
    const identity = target instanceof Place ? target.env : target;
    if (seen.has(identity)) return;
    seen.add(identity);
    work.push(target);
  };
  for (const value of values) reach(value);
  let total = 0;
  for (let object = work.pop(); object !== undefined && total < limit; object = work.pop()) {
    total++;
    const kind = kindOf(object);
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    visitReferences(object, reach);
  }
  return { kinds, total, isComplete: work.length === 0 };
}
