/**
 * Pairs, lists, equality, symbols, booleans. What calls procedures of the language (`map`, `assoc` with a predicate, …) is in the
 * prelude, so that continuations can pass through it.
 */
import { isEqual, isEqv } from "../data/equality.ts";
import { wrongType } from "../data/errors.ts";
import { keyword, symbol } from "../data/symbols.ts";
import { Keyword, list, listItems, NIL, Pair, Sym, Text, type Value } from "../data/values.ts";
import type { WriteBarrier } from "../machine/registers.ts";
import { isProcedure } from "../machine/procedures.ts";
import { ANY, type PrimitiveTable, toIndex, toLength, toSymbol, toText } from "./table.ts";

function toPair(value: Value): Pair {
  if (value instanceof Pair) return value;
  throw wrongType("a pair", value);
}

function toItems(value: Value): Value[] {
  const items = listItems(value);
  if (items === undefined) throw wrongType("a list", value);
  return items;
}

function tail(value: Value, count: Value): Value {
  let rest = value;
  for (let left = toIndex(count, Number.MAX_SAFE_INTEGER); left > 0; left--) rest = toPair(rest).cdr;
  return rest;
}

function append(...lists: Value[]): Value {
  const last = lists.length === 0 ? NIL : lists[lists.length - 1];
  return lists.slice(0, -1).reduceRight((rest, each) => list(toItems(each), rest), last);
}

/** Compares a key with each element, or the car of each: for `memq` and `assq` and their like. */
function search(isSame: (a: Value, b: Value) => boolean, isAssociation: boolean) {
  return (key: Value, value: Value): Value => {
    let rest = value;
    for (; rest instanceof Pair; rest = rest.cdr) {
      if (isSame(key, isAssociation ? toPair(rest.car).car : rest.car)) return isAssociation ? rest.car : rest;
    }
    if (rest !== NIL) throw wrongType("a list", value);
    return false;
  };
}

function copyList(value: Value): Value {
  const items: Value[] = [];
  let rest = value;
  for (; rest instanceof Pair; rest = rest.cdr) items.push(rest.car);
  return list(items, rest);
}

/** Adds pairs, lists, equality, symbols and booleans. */
export function addLists(table: PrimitiveTable, barrier: WriteBarrier): void {
  table.add("cons", (car, cdr) => new Pair(car, cdr), 2);
  table.add("pair?", (value) => value instanceof Pair, 1);
  table.add("null?", (value) => value === NIL, 1);
  table.add("list?", (value) => listItems(value) !== undefined, 1);
  for (let length = 1; length <= 4; length++) {
    for (let bits = 0; bits < 2 ** length; bits++) {
      const letters = Array.from(bits.toString(2).padStart(length, "0")).map((bit) => (bit === "0" ? "a" : "d"));
      const path = letters.toReversed();
      table.add(
        `c${letters.join("")}r`,
        (value) => {
          let part = value;
          for (const letter of path) part = letter === "a" ? toPair(part).car : toPair(part).cdr;
          return part;
        },
        1,
      );
    }
  }
  table.add(
    "set-car!",
    (value, car) => {
      const pair = toPair(value);
      barrier.willChange(pair);
      pair.car = car;
    },
    2,
  );
  table.add(
    "set-cdr!",
    (value, cdr) => {
      const pair = toPair(value);
      barrier.willChange(pair);
      pair.cdr = cdr;
    },
    2,
  );
  table.add("list", (...values) => list(values), 0, ANY);
  for (const name of ["cons*", "list*"])
    table.add(name, (...values) => list(values.slice(0, -1), values[values.length - 1]), 1, ANY);
  table.add("make-list", (length, fill) => list(new Array<Value>(toLength(length)).fill(fill)), 1, 2);
  table.add("length", (value) => toItems(value).length, 1);
  table.add("append", append, 0, ANY);
  table.add("reverse", (value) => list(toItems(value).reverse()), 1);
  table.add("list-tail", tail, 2);
  table.add("list-ref", (value, index) => toPair(tail(value, index)).car, 2);
  table.add(
    "list-set!",
    (value, index, item) => {
      const pair = toPair(tail(value, index));
      barrier.willChange(pair);
      pair.car = item;
    },
    3,
  );
  table.add("list-copy", copyList, 1);
  for (const [name, isSame] of [
    ["q", isEqv],
    ["v", isEqv],
  ] as const) {
    table.add(`mem${name}`, search(isSame, false), 2);
    table.add(`ass${name}`, search(isSame, true), 2);
  }
  table.add("%member", search(isEqual, false), 2);
  table.add("%assoc", search(isEqual, true), 2);
  table.add("eq?", isEqv, 2);
  table.add("eqv?", isEqv, 2);
  table.add("equal?", isEqual, 2);
  table.add("not", (value) => value === false, 1);
  table.add("boolean?", (value) => typeof value === "boolean", 1);
  table.add("procedure?", isProcedure, 1);
  table.add("symbol?", (value) => value instanceof Sym, 1);
  table.add("symbol->string", (value) => new Text(toSymbol(value).name), 1);
  table.add("string->symbol", (value) => symbol(toText(value).text), 1);
  table.add("symbol=?", (...values) => values.map(toSymbol).every((value) => value === values[0]), 1, ANY);
  table.add("keyword?", (value) => value instanceof Keyword, 1);
  table.add(
    "keyword->string",
    (value) => {
      if (value instanceof Keyword) return new Text(value.name);
      throw wrongType("a keyword", value);
    },
    1,
  );
  table.add("string->keyword", (value) => keyword(toText(value).text), 1);
}
