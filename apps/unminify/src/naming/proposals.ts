/**
 * Names that are proposed, with what speaks for them, in columns: 13 bytes a subject. A subject is a
 * binding (by the number of its root) or something that passes names on: a free name, the result of a
 * function, a parameter that all methods of one name share.
 */
import { Column } from "../scope/columns.ts";
import type { Tables } from "../scope/tables.ts";
import { EVIDENCE, type EvidenceKind } from "./evidence.ts";

/** A name for a binding, with what speaks for it. */
export interface ProposedName {
  /** Number of the name. */
  readonly name: number;
  readonly kind: EvidenceKind;
  /** How strongly it is proposed, from 0 to 1. */
  readonly weight: number;
}

/** Proposed names by the number of a binding's root. */
export interface NameProposals {
  /** What is proposed for `root`. */
  get(root: number): ProposedName | undefined;
}

const KINDS = Object.keys(EVIDENCE) as EvidenceKind[];
const NUMBERS = new Map(KINDS.map((kind, index) => [kind, index]));
const MAX_VOTES = 0xffff;
/** Methods with more parameters share the last. */
const MAX_PARAMETERS = 16;

/** The strongest proposal for each subject; of equally strong ones the most frequent. */
export class Proposals implements NameProposals {
  readonly #names: Uint32Array;
  readonly #kinds: Uint8Array;
  readonly #weights: Float32Array;
  readonly #votes: Float32Array;
  /** 1 where a name was passed on that does not count yet. */
  readonly #waiting: Uint8Array;
  /** Subjects that wait. */
  readonly #touched = new Column();
  readonly #bindings: number;
  readonly #freeNames: number;
  readonly #slots = new Map<number, number>();
  readonly #firstSlot: number;

  /** `slots` is how many parameters of methods there can be at most. */
  constructor({ bindings, names }: Tables, slots: number) {
    this.#bindings = bindings.size;
    this.#freeNames = names.size;
    this.#firstSlot = 2 * bindings.size + names.size;
    const size = this.#firstSlot + slots;
    this.#names = new Uint32Array(size);
    this.#kinds = new Uint8Array(size);
    this.#weights = new Float32Array(size);
    this.#votes = new Float32Array(size);
    this.#waiting = new Uint8Array(size);
  }

  /** The subject that a free name is. */
  freeName(name: number): number {
    const subject = this.#bindings + name;
    if (name < this.#freeNames && !this.has(subject)) this.propose(subject, name, "copied", EVIDENCE.copied);
    return name < this.#freeNames ? subject : 0;
  }

  /** The subject that is the result of the function that is a binding; 0 for any other. */
  resultOf(subject: number): number {
    return subject > 0 && subject < this.#bindings ? this.#bindings + this.#freeNames + subject : 0;
  }

  /** The subject that is the parameter with an index of all methods of a name. */
  slot(method: number, index: number): number {
    const key = method * MAX_PARAMETERS + Math.min(index, MAX_PARAMETERS - 1);
    const known = this.#slots.get(key);
    if (known !== undefined) return known;
    const subject = this.#firstSlot + this.#slots.size;
    if (subject >= this.#names.length) return 0;
    this.#slots.set(key, subject);
    return subject;
  }

  /** True when something is proposed. */
  has(subject: number): boolean {
    return (this.#names[subject] ?? 0) !== 0 && this.#waiting[subject] === 0;
  }

  get(subject: number): ProposedName | undefined {
    const name = this.#names[subject] ?? 0;
    if (name === 0 || this.#waiting[subject] !== 0) return undefined;
    return {
      name: name - 1,
      kind: KINDS[this.#kinds[subject] ?? 0] ?? "text",
      weight: this.#weights[subject] ?? 0,
    };
  }

  /** Proposes a name; a weaker one than is known does nothing. */
  propose(subject: number, name: number, kind: EvidenceKind, weight: number): void {
    if (subject === 0) return;
    const known = this.#names[subject] ?? 0;
    const before = this.#weights[subject] ?? 0;
    const votes = this.#votes[subject] ?? 0;
    // Weights are kept in single precision: so are they compared.
    const single = Math.fround(weight);
    if (known === name + 1 && single <= before) this.#votes[subject] = Math.min(votes + 1, MAX_VOTES);
    else if (known === 0 || single > before) this.#set(subject, name, kind, weight, known === name + 1 ? votes + 1 : 1);
    else if (single === before && votes <= 0) this.#set(subject, name, kind, weight, 1);
    else if (single === before) this.#votes[subject] = votes - 1;
  }

  /**
   * Passes a name on to what has none. It counts from the next {@link settle} on, and only one does: that of
   * the majority by weight, found in one pass (Boyer and Moore, 1991).
   */
  pass(subject: number, name: number, kind: EvidenceKind, weight: number): void {
    if (subject === 0 || this.has(subject)) return;
    const votes = this.#votes[subject] ?? 0;
    if (this.#waiting[subject] === 1 && this.#names[subject] === name + 1) this.#votes[subject] = votes + weight;
    else if (votes > weight) this.#votes[subject] = votes - weight;
    else {
      this.#set(subject, name, kind, weight, weight - votes);
      if (this.#waiting[subject] === 0) this.#touched.push(subject);
      this.#waiting[subject] = 1;
    }
  }

  /** Lets count what was passed on. */
  settle(): void {
    for (const subject of this.#touched.view()) {
      this.#waiting[subject] = 0;
      this.#votes[subject] = 1;
    }
    this.#touched.truncate(0);
  }

  #set(subject: number, name: number, kind: EvidenceKind, weight: number, votes: number): void {
    this.#names[subject] = name + 1;
    this.#kinds[subject] = NUMBERS.get(kind) ?? 0;
    this.#weights[subject] = weight;
    this.#votes[subject] = votes;
  }
}
