/**
 * Scopes see the arrays of jax-js while any density lives on them: the first adopts the library, the last gives it up.
 * Where the program has adopted it already, its adoption serves.
 */
import type * as Jax from "@jax-js/jax";
import { adopt, type JaxAdapter, jaxArrays, PlimsollError } from "plimsoll/scope";

const shared = new Map<typeof Jax, { readonly adapter: JaxAdapter; readonly end: () => void; users: number }>();

/** An adapter in use, until it is disposed. */
export function adoptJax(jax: typeof Jax): { readonly adapter: JaxAdapter } & Disposable {
  const entry = shared.get(jax) ?? { ...begin(jax), users: 0 };
  shared.set(jax, entry);
  entry.users += 1;
  let isUsed = true;
  return {
    adapter: entry.adapter,
    [Symbol.dispose]() {
      if (!isUsed) return;
      isUsed = false;
      entry.users -= 1;
      if (entry.users > 0) return;
      shared.delete(jax);
      entry.end();
    },
  };
}

function begin(jax: typeof Jax): { readonly adapter: JaxAdapter; readonly end: () => void } {
  const adapter = jaxArrays(jax);
  try {
    const adoption = adopt(adapter);
    return { adapter, end: () => adoption[Symbol.dispose]() };
  } catch (error) {
    if (!PlimsollError.is(error, "ERR_PLIMSOLL_BAD_OPTION")) throw error;
    return { adapter, end: () => undefined };
  }
}
