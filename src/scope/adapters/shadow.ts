/**
 * Lays a function over a method of a library for as long as it is observed, and takes it off again: the library's own
 * method is called by it, and nothing of it is left behind.
 */

/** A method whose arguments are passed on as they come. */
export type Method = (this: unknown, ...args: unknown[]) => unknown;

/**
 * Lays a function over a method.
 *
 * @param owner - the object that the library calls the method on, or its prototype.
 * @param make - gets the library's method, gives what is called in its place.
 * @returns takes it off.
 * @throws TypeError when there is no such method: the library's version is not known.
 */
export function shadow(owner: object, name: string, make: (original: Method) => Method): Disposable {
  const before = Object.getOwnPropertyDescriptor(owner, name);
  const original: unknown = Reflect.get(owner, name);
  if (typeof original !== "function") throw new TypeError(`there is no ${name}(): this version is not known`);
  Object.defineProperty(owner, name, { value: make(original as Method), configurable: true, writable: true });
  return {
    [Symbol.dispose]() {
      if (before) Object.defineProperty(owner, name, before);
      else Reflect.deleteProperty(owner, name);
    },
  };
}

/** All of them as one; the last is taken off first. */
export function together(parts: readonly Disposable[]): Disposable {
  return {
    [Symbol.dispose]() {
      for (const part of [...parts].reverse()) part[Symbol.dispose]();
    },
  };
}
