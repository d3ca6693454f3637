/**
 * Counts the allocations ("slots") of a jax-js backend. An operation that waits to be carried out holds slots of which no array tells, so
 * this is the one figure that shows a chain of unread operations. The library gives its backend away in one place: to
 * `_put` of an array that moves to another device. A small array asks for that, and the backend's own methods are wrapped.
 */
import { untracked } from "../scope.ts";
import type { JaxLibrary } from "./jax-library.ts";

/** What is used of a backend. */
interface Backend {
  malloc(...args: unknown[]): number;
  incRef(slot: number): void;
  decRef(slot: number): void;
}

/** Slots that live, of those allocated since the counting began. */
export interface SlotCount extends Disposable {
  /** How many. */
  readonly live: number;
}

/** Counts the slots of the default device from now on. Default: of none, where this version of jax-js is another. */
export function countSlots(jax: JaxLibrary): SlotCount | undefined {
  const backend = findBackend(jax);
  if (!backend) return undefined;
  const references = new Map<number, number>();
  const { malloc, incRef, decRef } = backend;
  const change = (slot: number, by: number): void => {
    const count = references.get(slot);
    if (count === undefined) return;
    if (count + by > 0) references.set(slot, count + by);
    else references.delete(slot);
  };
  Object.assign(backend, {
    malloc(...args: unknown[]) {
      const slot = Reflect.apply(malloc, backend, args);
      references.set(slot, 1);
      return slot;
    },
    incRef(slot: number) {
      Reflect.apply(incRef, backend, [slot]);
      change(slot, 1);
    },
    decRef(slot: number) {
      Reflect.apply(decRef, backend, [slot]);
      change(slot, -1);
    },
  } satisfies Backend);
  return {
    get live() {
      return references.size;
    },
    [Symbol.dispose]() {
      // They stood on the class: what hides them goes.
      for (const name of ["malloc", "incRef", "decRef"]) Reflect.deleteProperty(backend, name);
    },
  };
}

function findBackend({ numpy, devicePut }: JaxLibrary): Backend | undefined {
  if (!numpy || !devicePut) return undefined;
  let found: unknown;
  untracked(() => {
    const probe = numpy.array([0]);
    Object.defineProperty(probe, "_put", {
      value: (backend: unknown) => {
        found = backend;
        return Promise.resolve(probe);
      },
    });
    void devicePut(probe, probe.device).catch(() => undefined);
    probe.dispose();
  });
  return isBackend(found) ? found : undefined;
}

function isBackend(candidate: unknown): candidate is Backend {
  if (typeof candidate !== "object" || candidate === null) return false;
  const parts = candidate as Partial<Record<keyof Backend, unknown>>;
  return [parts.malloc, parts.incRef, parts.decRef].every((part) => typeof part === "function");
}
