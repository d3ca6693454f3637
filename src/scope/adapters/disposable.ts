/**
 * Everything that can be closed: WebAssembly handles, database cursors, files, sessions. The first method of a
 * fixed list is called, the language's own symbols before all. Nothing tells when such a value is created: it is owned when
 * it is given to `use`.
 */
import type { Adapter } from "../adapter.ts";
import { wasReleased } from "../released.ts";

const METHODS = [
  Symbol.asyncDispose,
  Symbol.dispose,
  "dispose",
  // A connection of a pool has both: release gives it back, end or destroy would close it for all.
  "release",
  "close",
  "free",
  "end",
  "destroy",
  "delete",
] as const;

type Method = (typeof METHODS)[number];

function methodOf(candidate: object): Method | undefined {
  return METHODS.find((name) => name in candidate && typeof Reflect.get(candidate, name) === "function");
}

/** Owns whatever has `Symbol.asyncDispose`, `Symbol.dispose`, `dispose`, `release`, `close`, `free`, `end`, `destroy` or `delete`. */
export const disposables: Adapter<object> = {
  name: "disposable",
  isValue: (candidate): candidate is object => !isCollection(candidate) && methodOf(candidate) !== undefined,
  alive: (value) => !wasReleased(value),
  release(value) {
    const method = methodOf(value);
    if (method) return Reflect.apply(Reflect.get(value, method), value, []);
  },
};

/** Their `delete` takes a key. */
function isCollection(candidate: object): boolean {
  return (
    candidate instanceof Map ||
    candidate instanceof Set ||
    candidate instanceof WeakMap ||
    candidate instanceof WeakSet ||
    candidate instanceof URLSearchParams ||
    candidate instanceof Headers ||
    candidate instanceof FormData
  );
}
