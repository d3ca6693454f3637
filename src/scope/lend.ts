/**
 * Calls code that keeps values for itself, such as the first call of a compiled function, which captures
 * constants. What is created inside belongs to that code; only what it returns comes to the scope.
 */
import { ownedIn } from "./ending.ts";
import { adapterOf } from "./adoption.ts";
import { currentFrame, Frame, runIn } from "./frame.ts";

/**
 * Runs `body` without owning what it creates, and owns the values in what it returns.
 *
 * @param body - synchronous.
 * @throws whatever `body` throws.
 */
export function lend<T>(body: () => T): T {
  const outer = currentFrame();
  // Outside of all scopes nothing is owned anyway.
  if (!outer) return body();
  const inner = new Frame(outer, outer.openedMs);
  try {
    const result = runIn(inner, body);
    for (const value of ownedIn(result, inner)) {
      const adapter = inner.owns(value) && adapterOf(value);
      if (adapter) outer.own(value, adapter);
    }
    return result;
  } finally {
    inner.forget(outer);
  }
}
