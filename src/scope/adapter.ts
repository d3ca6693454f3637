/**
 * What a scope must know of a library's values: how to tell one, whether it still lives, how to give it
 * back. One adapter a library; the library itself stays as it is. Adapters that also report what
 * is created let scopes own values that nobody handed to them.
 */

/** What an adapter reports while it is adopted. Each call must be cheap: it runs inside the library's own operations. */
export interface ValueEvents<V extends object> {
  /** A value came to be. It may not be ready to be read yet: its constructor may still be running. */
  created(value: V): void;
  /** A reference to a value was added. Only of libraries that count references. */
  retained(value: V): void;
  /** A reference was given up, by whomever; with the last one the value is gone. */
  released(value: V): void;
}

/** Figures of a library as a whole, where it has any; they tell the causes of growth apart. */
export interface AdapterGauges {
  /** Allocations behind the values. They rise without the values where operations wait to be carried out. */
  readonly slots?: number;
  /** Compiled modules kept. */
  readonly modules?: number;
  /** Bytes of memory that the library took from the system, such as a WebAssembly memory. */
  readonly memoryBytes?: number;
}

/** How values of one library are owned and released. */
export interface Adapter<V extends object> {
  /** The library, as people call it: `jax-js`. Names the rows of a ledger. */
  readonly name: string;
  /** True for a value of this library. Must not throw. */
  isValue(candidate: object): candidate is V;
  /** False once the value was released. */
  alive(value: V): boolean;
  /** Adds a reference. Only for libraries that count references. */
  retain?(value: V): void;
  /** Another value with the same content, released by itself. Only for libraries that do not count references. */
  clone?(value: V): V;
  /** Gives up one reference, or releases the value where nothing is counted. May take its time. */
  release(value: V): void | PromiseLike<void>;
  /** References held. Default: 1 while alive. */
  references?(value: V): number;
  /** Bytes that the value holds outside of the JavaScript heap. Default: not known. */
  bytes?(value: V): number | undefined;
  /** Figures of the library as a whole. Default: none. */
  gauges?(): AdapterGauges;
  /** Begins to report; ends when disposed. Default: only values given to `use` are owned. */
  onCreate?(events: ValueEvents<V>): Disposable;
}

/** True for what `await` would wait for. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
