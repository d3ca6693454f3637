/**
 * A small library of values with counted references, as an adapter sees one: what it creates is reported, what
 * is used after its end throws.
 */
import type { Adapter, ValueEvents } from "../../src/scope/index.ts";

const listeners = new Set<ValueEvents<Counted>>();

/** A value with counted references. */
export class Counted {
  references = 1;
  readonly label: string;
  isStubborn = false;

  constructor(label = "value") {
    this.label = label;
    for (const events of listeners) events.created(this);
  }

  /** Adds a reference. */
  get ref(): this {
    this.#check();
    this.references++;
    for (const events of listeners) events.retained(this);
    return this;
  }

  /** Gives one up. */
  dispose(): void {
    this.#check();
    if (this.isStubborn) throw new Error(`${this.label} does not go`);
    this.references--;
    for (const events of listeners) events.released(this);
  }

  #check(): void {
    if (this.references <= 0) throw new Error(`${this.label} is gone`);
  }
}

/** Owns {@link Counted} values. */
export const countedAdapter: Adapter<Counted> = {
  name: "counted",
  isValue: (candidate): candidate is Counted => candidate instanceof Counted,
  alive: (value) => value.references > 0,
  references: (value) => value.references,
  retain: (value) => void value.ref,
  release: (value) => value.dispose(),
  bytes: () => 1000,
  onCreate(events) {
    listeners.add(events);
    return { [Symbol.dispose]: () => void listeners.delete(events) };
  },
};
