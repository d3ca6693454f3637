/**
 * What a program defines outside of its variables: macros, names that an import has brought, libraries, namespaces. There are few of
 * these, so each change is kept with what was there before, and going to another time takes changes back and makes them again.
 */
import { Cell, type Syntax } from "../expander/binding.ts";

/** What is changed: the syntax of a variable, or an entry of a table. */
export type Target = Cell | Map<unknown, unknown>;

/** A change of a definition. */
export interface Change {
  readonly target: Target;
  readonly key: unknown;
  readonly before: unknown;
  readonly after: unknown;
  readonly parent: number;
  readonly depth: number;
}

function isSyntax(value: unknown): value is Syntax | undefined {
  return value === undefined || typeof value === "object";
}

/** Makes a change. */
export function define(target: Target, key: unknown, value: unknown): void {
  if (target instanceof Cell) {
    if (isSyntax(value)) target.syntax = value;
  } else if (value === undefined) target.delete(key);
  else target.set(key, value);
}

/** All changes, each with the one before it. */
export class Journal {
  /** The newest change that is in force; -1 for none. */
  position = -1;
  readonly #changes: Change[] = [];

  /** To be called before {@link define}. */
  willDefine(target: Target, key: unknown, after: unknown): void {
    const before = target instanceof Cell ? target.syntax : target.get(key);
    if (before === after) return;
    const parent = this.position;
    const depth = (this.#changes[parent]?.depth ?? 0) + 1;
    this.position = this.#changes.push({ target, key, before, after, parent, depth }) - 1;
  }

  /** All changes, as data. */
  get changes(): readonly Change[] {
    return this.#changes;
  }

  /** Takes over changes that were made elsewhere; none of them is in force. */
  adopt(changes: readonly Change[]): void {
    for (const change of changes) this.#changes.push(change);
  }

  /** Takes back and makes again what lies between here and a position. */
  moveTo(position: number): void {
    const again: Change[] = [];
    let to = position;
    while (this.position !== to) {
      const [here, there] = [this.#changes[this.position], this.#changes[to]];
      if (here !== undefined && here.depth >= (there?.depth ?? 0)) {
        define(here.target, here.key, here.before);
        this.position = here.parent;
      } else if (there !== undefined) {
        again.push(there);
        to = there.parent;
      }
    }
    for (const { target, key, after } of again.reverse()) define(target, key, after);
    this.position = position;
  }
}
