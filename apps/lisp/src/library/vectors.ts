/**
 * Vectors, bytevectors and records.
 */
import { failure, wrongType } from "../data/errors.ts";
import { write } from "../data/printer.ts";
import { list, listItems, RecordType, RecordValue, Sym, Text, type Value } from "../data/values.ts";
import type { WriteBarrier } from "../machine/registers.ts";
import { Primitive } from "../machine/procedures.ts";
import { ANY, type PrimitiveTable, toBytes, toIndex, toLength, toRange, toVector } from "./table.ts";

/** Adds vectors, bytevectors and records. */
export function addVectors(table: PrimitiveTable, barrier: WriteBarrier): void {
  table.add("vector?", (value) => Array.isArray(value), 1);
  table.add("make-vector", (length, fill) => new Array<Value>(toLength(length)).fill(fill), 1, 2);
  table.add("vector", (...values) => values, 0, ANY);
  table.add("vector-length", (value) => toVector(value).length, 1);
  table.add(
    "vector-ref",
    (value, index) => {
      const items = toVector(value);
      return items[toIndex(index, items.length - 1)];
    },
    2,
  );
  table.add(
    "vector-set!",
    (value, index, item) => {
      const items = toVector(value);
      const at = toIndex(index, items.length - 1);
      barrier.willChange(items, at);
      items[at] = item;
      return undefined;
    },
    3,
  );
  table.add(
    "vector->list",
    (value, start, end) => {
      const items = toVector(value);
      return list(items.slice(...toRange(start, end, items.length)));
    },
    1,
    3,
  );
  table.add(
    "list->vector",
    (value) => {
      const items = listItems(value);
      if (items === undefined) throw wrongType("a list", value);
      return items;
    },
    1,
  );
  table.add(
    "vector-fill!",
    (value, fill, start, end) => {
      const items = toVector(value);
      barrier.willChange(items);
      items.fill(fill, ...toRange(start, end, items.length));
      return undefined;
    },
    2,
    4,
  );
  table.add(
    "vector-copy",
    (value, start, end) => {
      const items = toVector(value);
      return items.slice(...toRange(start, end, items.length));
    },
    1,
    3,
  );
  table.add("vector-append", (...values) => values.flatMap((value) => toVector(value)), 0, ANY);
  table.add(
    "vector-copy!",
    (to, at, from, start, end) => {
      const [target, source] = [toVector(to), toVector(from)];
      const items = source.slice(...toRange(start, end, source.length));
      const begin = room(target.length, at, items.length);
      barrier.willChange(target);
      for (const [index, item] of items.entries()) target[begin + index] = item;
      return undefined;
    },
    3,
    5,
  );
  addBytes(table, barrier);
  addRecords(table, barrier);
}

function room(length: number, at: Value, count: number): number {
  const begin = toIndex(at, length);
  if (begin + count > length) throw failure("range", "no room from", at);
  return begin;
}

function addBytes(table: PrimitiveTable, barrier: WriteBarrier): void {
  table.add("bytevector?", (value) => value instanceof Uint8Array, 1);
  table.add("make-bytevector", (length, fill) => new Uint8Array(toLength(length)).fill(toIndex(fill, 255)), 1, 2);
  table.add("bytevector", (...values) => Uint8Array.from(values.map((value) => toIndex(value, 255))), 0, ANY);
  table.add("bytevector-length", (value) => toBytes(value).length, 1);
  table.add(
    "bytevector-u8-ref",
    (value, index) => {
      const bytes = toBytes(value);
      return bytes[toIndex(index, bytes.length - 1)];
    },
    2,
  );
  table.add(
    "bytevector-u8-set!",
    (value, index, byte) => {
      const bytes = toBytes(value);
      const at = toIndex(index, bytes.length - 1);
      barrier.willChange(bytes);
      bytes[at] = toIndex(byte, 255);
      return undefined;
    },
    3,
  );
  table.add(
    "bytevector-copy",
    (value, start, end) => {
      const bytes = toBytes(value);
      return bytes.slice(...toRange(start, end, bytes.length));
    },
    1,
    3,
  );
  table.add(
    "bytevector-copy!",
    (to, at, from, start, end) => {
      const [target, source] = [toBytes(to), toBytes(from)];
      const bytes = source.slice(...toRange(start, end, source.length));
      const begin = room(target.length, at, bytes.length);
      barrier.willChange(target);
      target.set(bytes, begin);
      return undefined;
    },
    3,
    5,
  );
  table.add(
    "bytevector-append",
    (...values) => Uint8Array.from(values.flatMap((value) => [...toBytes(value)])),
    0,
    ANY,
  );
  table.add(
    "bytevector-fill!",
    (value, fill, start, end) => {
      const bytes = toBytes(value);
      barrier.willChange(bytes);
      bytes.fill(toIndex(fill, 255), ...toRange(start, end, bytes.length));
      return undefined;
    },
    2,
    4,
  );
  table.add(
    "utf8->string",
    (value, start, end) => {
      const bytes = toBytes(value);
      return new Text(
        new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.slice(...toRange(start, end, bytes.length))),
      );
    },
    1,
    3,
  );
}

function addRecords(table: PrimitiveTable, barrier: WriteBarrier): void {
  const check = (type: RecordType, value: Value): RecordValue => {
    if (value instanceof RecordValue && value.type === type) return value;
    throw wrongType(`a ${type.name}`, value);
  };
  const maker = (name: string, wrap: (type: RecordType, operand: Value, called: string) => Primitive): void => {
    table.add(
      name,
      (type, called, operand) => {
        if (!(type instanceof RecordType && called instanceof Sym)) throw wrongType("a record type", type);
        const key = `${name} ${called.name} ${write(operand)}`;
        const made = type.procedures.get(key) ?? wrap(type, operand, called.name);
        if (made instanceof Primitive) made.of = { how: name, operands: [type, called, operand] };
        type.procedures.set(key, made);
        return made;
      },
      2,
      3,
    );
  };
  maker("%record-maker", (type, slots, name) => {
    const indices = toVector(slots).map((slot) => toIndex(slot, type.fields.length));
    return new Primitive(name, indices.length, indices.length, (...values) => {
      const fields = new Array<Value>(type.fields.length).fill(false);
      for (const [index, slot] of indices.entries()) fields[slot] = values[index];
      return new RecordValue(type, fields);
    });
  });
  maker(
    "%record-predicate",
    (type, _, name) => new Primitive(name, 1, 1, (value) => value instanceof RecordValue && value.type === type),
  );
  maker("%record-accessor", (type, slot, name) => {
    const index = toIndex(slot, type.fields.length);
    return new Primitive(name, 1, 1, (value) => check(type, value).fields[index]);
  });
  maker("%record-modifier", (type, slot, name) => {
    const index = toIndex(slot, type.fields.length);
    return new Primitive(name, 2, 2, (value, item) => {
      const record = check(type, value);
      barrier.willChange(record.fields, index);
      record.fields[index] = item;
      return undefined;
    });
  });
}
