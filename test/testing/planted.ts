/**
 * A function under test whose verdict is known, and how it is made. Each is made anew for every run, so that its caches are cold
 * and what a leak keeps goes with it.
 */

/** A function that leaves nothing behind, with what it needs until it is disposed of. */
export interface CleanFunction extends AsyncDisposable {
  readonly call: () => unknown;
}

/** Makes clean functions, by name. */
export type CleanFunctions = Readonly<Record<string, () => CleanFunction | Promise<CleanFunction>>>;

/** A leak that was planted. */
export interface LeakyFunction extends Disposable {
  readonly call: () => unknown;
  /** The kind that must be named. */
  readonly what: string;
}

/** Makes leaks, by name. */
export type LeakyFunctions = Readonly<Record<string, () => LeakyFunction>>;

/** The kind of most leaks. */
export const HEAP = "JavaScript heap";

/** @param dispose - Default: there is nothing to end. */
export function clean(call: () => unknown, dispose: () => unknown = () => {}): CleanFunction {
  return { call, [Symbol.asyncDispose]: async () => void (await dispose()) };
}

/**
 * @param what - the kind that must be named.
 * @param dispose - Default: what it keeps goes with it.
 */
export function leaky(what: string, call: () => unknown, dispose: () => unknown = () => {}): LeakyFunction {
  return { what, call, [Symbol.dispose]: () => void dispose() };
}
