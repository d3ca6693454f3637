/**
 * A whole session as bytes: the log as it is, the branches, and an image of what the log names by number. No module of Node.js is needed
 * to read it, so a browser goes on where a process has stopped.
 */
import type { Value } from "../data/values.ts";
import { Cell, type Environment, type Scope } from "../expander/binding.ts";
import { symbol } from "../data/symbols.ts";
import type { Code } from "../machine/code.ts";
import { Branch, type Keyframe } from "./branches.ts";
import { Bytes, Cursor } from "./bytes.ts";
import { unwrap, wrap } from "./container.ts";
import { readImage } from "./image-reader.ts";
import { ImageWriter } from "./image-writer.ts";
import type { Change, Journal } from "./journal.ts";
import type { Log } from "./log.ts";
import type { Marks } from "./marks.ts";
import type { Registry } from "./registry.ts";
import { damaged } from "./value-reader.ts";

/** What is the same in every system of one version, and how to name it. */
export interface SystemBase {
  /** The numbers of objects. */
  readonly marks: Marks;
  /** The objects with numbers. */
  readonly registry: Registry;
  /** The first number, and the first node, that the standard library does not have. */
  readonly libraryEnd: number;
  readonly libraryNodes: number;
  /** The code. */
  readonly code: Code;
  /** The program's own variables. */
  readonly global: Environment;
  /** A scope with the standard names. */
  readonly standard: Scope;
}

/** What a session has beside its log and its code. */
export interface SessionState {
  /** All branches; a branch follows the one that it left. */
  readonly branches: Branch[];
  /** Where the machine is. */
  readonly branch: Branch;
  readonly step: number;
  /** Where the first content is of objects outside of the log. */
  readonly origins: Map<number, number>;
}

/** Writes a session. */
export function writeSession(base: SystemBase, log: Log, journal: Journal, state: SessionState): Uint8Array {
  const root: Value = {
    objects: base.registry.from(base.libraryEnd),
    units: base.registry.units(base.libraryNodes),
    changes: journal.changes,
  };
  const out = new Bytes();
  out.block(new ImageWriter(base, false).write(root));
  const chunks = [...log.chunks()];
  out.varint(chunks.length);
  for (const chunk of chunks) out.block(chunk);
  out.varint(state.origins.size);
  for (const [id, at] of state.origins) {
    out.varint(id);
    out.varint(at);
  }
  const keyframes: Keyframe[] = [];
  out.varint(state.branches.length);
  for (const branch of state.branches) {
    out.text(branch.name);
    out.varint(branch.parent === undefined ? 0 : state.branches.indexOf(branch.parent) + 1);
    out.varint(branch.forkStep);
    out.varint(branch.headStep);
    out.varint(branch.inputs.length);
    for (const { step, text } of branch.inputs) {
      out.varint(step);
      out.text(text);
    }
    const numbers = new Map<Keyframe, number>(keyframes.map((each, index) => [each, index]));
    out.varint(branch.keyframes.length);
    for (const keyframe of branch.keyframes) {
      const { step, roots, previous, table, effects, journal: position } = keyframe;
      const before = previous === undefined ? 0 : (numbers.get(previous) ?? 0) + 1;
      for (const number of [step, roots, before, table, effects, position + 1]) out.varint(number);
      numbers.set(keyframe, keyframes.push(keyframe) - 1);
    }
  }
  out.varint(state.branches.indexOf(state.branch));
  out.varint(state.step);
  return wrap("session", base.libraryEnd, out.take());
}

/** Reads a session into a system that has nothing but the standard library. @throws `LispError` of kind `image`. */
export function readSession(base: SystemBase, log: Log, journal: Journal, bytes: Uint8Array): SessionState {
  const cursor = new Cursor(unwrap(bytes, "session", base.libraryEnd));
  const { root, units } = readImage(cursor.block(), {
    ...base,
    keepsNumbers: true,
    place: (name, isGlobal) => (isGlobal ? base.global.cell(symbol(name)) : new Cell(name)),
    willAssign: () => undefined,
  });
  const { objects, changes } = root as { readonly objects: readonly object[]; readonly changes: readonly Change[] };
  for (const object of objects) base.registry.add(object);
  for (const unit of units) base.registry.addUnit(unit);
  journal.adopt(changes);
  log.clear();
  for (let left = cursor.varint(); left > 0; left--) log.append(cursor.block());
  const origins = new Map<number, number>();
  for (let left = cursor.varint(); left > 0; left--) origins.set(cursor.varint(), cursor.varint());
  const branches: Branch[] = [];
  const keyframes: Keyframe[] = [];
  for (let left = cursor.varint(); left > 0; left--) {
    const name = cursor.text();
    const branch = new Branch(name, branches[cursor.varint() - 1], cursor.varint());
    branch.headStep = cursor.varint();
    for (let count = cursor.varint(); count > 0; count--)
      branch.inputs.push({ step: cursor.varint(), text: cursor.text() });
    for (let count = cursor.varint(); count > 0; count--) {
      const keyframe = readKeyframe(cursor, keyframes);
      keyframes.push(keyframe);
      branch.keyframes.push(keyframe);
    }
    branches.push(branch);
  }
  const branch = branches[cursor.varint()];
  if (branch === undefined) throw damaged();
  return { branches, branch, step: cursor.varint(), origins };
}

function readKeyframe(cursor: Cursor, before: readonly Keyframe[]): Keyframe {
  const step = cursor.varint();
  const roots = cursor.varint();
  const previous = before[cursor.varint() - 1];
  return { step, roots, previous, table: cursor.varint(), effects: cursor.varint(), journal: cursor.varint() - 1 };
}
