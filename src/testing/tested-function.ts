/** The function that a test hands over: synchronous or not, its value is awaited and dropped, so that nothing here keeps it alive. */

/** A function under test; what it returns is awaited and dropped. */
export type TestedFunction = () => unknown;

/** True for a promise or the like. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
