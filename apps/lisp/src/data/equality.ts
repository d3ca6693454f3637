/**
 * `eqv?` and `equal?`. The latter keeps its own work list and ends on cycles.
 */
import { Char, Flonum, isKeyed, Pair, Ratio, Text, type Value } from "./values.ts";

/** `eqv?`: one object, or numbers or characters that no operation tells apart. `eq?` is the same here. */
export function isEqv(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (a instanceof Char) return b instanceof Char && a.code === b.code;
  if (a instanceof Flonum) return b instanceof Flonum && Object.is(a.value, b.value);
  if (a instanceof Ratio) return b instanceof Ratio && a.numerator === b.numerator && a.denominator === b.denominator;
  if (a instanceof Text) return b instanceof Text && a.text === "" && b.text === "";
  return false;
}

/** After so many comparisons pairs that were compared before are remembered: what is deeper may be a cycle. */
const PATIENCE = 10_000;

/** `equal?`: the same shape with equal parts. */
export function isEqual(a: Value, b: Value): boolean {
  const work: Value[] = [a, b];
  const compared = new Map<Value, Set<Value>>();
  for (let turns = 0; work.length > 0; turns++) {
    const y = work.pop();
    const x = work.pop();
    if (isEqv(x, y)) continue;
    if (turns > PATIENCE && wasCompared(compared, x, y)) continue;
    if (x instanceof Pair && y instanceof Pair) work.push(x.cdr, y.cdr, x.car, y.car);
    else if (x instanceof Text && y instanceof Text) {
      if (x.text !== y.text) return false;
    } else if (Array.isArray(x) && Array.isArray(y)) {
      if (x.length !== y.length) return false;
      for (let index = x.length - 1; index >= 0; index--) work.push(x[index], y[index]);
    } else if (isKeyed(x) && isKeyed(y)) {
      const [names, others] = [x.type.fields, y.type.fields];
      if (names.length !== others.length) return false;
      for (const [index, name] of names.entries()) {
        if (!others.includes(name)) return false;
        work.push(x.fields[index], y.fields[others.indexOf(name)]);
      }
    } else if (x instanceof Uint8Array && y instanceof Uint8Array) {
      if (x.length !== y.length || x.some((byte, index) => byte !== y[index])) return false;
    } else return false;
  }
  return true;
}

function wasCompared(compared: Map<Value, Set<Value>>, x: Value, y: Value): boolean {
  const others = compared.get(x);
  if (others?.has(y)) return true;
  if (others === undefined) compared.set(x, new Set([y]));
  else others.add(y);
  return false;
}
