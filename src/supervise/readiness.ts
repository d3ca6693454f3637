/**
 * When an instance can take over: when it has done what those before it did. It listens on all that they listened on, and
 * says that it is ready if they said so. Of a program that does neither only time can tell.
 */
import type { Instance } from "./instance.ts";

/** A program that neither listens nor says so is ready when it has lived so long: some servers take long to start. */
const SILENT_READY_MS = 10_000;
/** The same of one that is known to do neither. */
const KNOWN_SILENT_READY_MS = 2_000;

/**
 * Judges an instance that has started.
 *
 * @param wantedKeys - what instances listen on, its own included.
 * @param saysReady - one of them has said that it is ready.
 * @param isSilent - one of them was ready without doing either.
 */
export function isReady(
  { keys, saidReady, ageMs }: Pick<Instance, "keys" | "saidReady" | "ageMs">,
  wantedKeys: readonly string[],
  saysReady: boolean,
  isSilent: boolean,
): boolean {
  if (saysReady && !saidReady) return false;
  if (wantedKeys.length > 0) return wantedKeys.every((key) => keys.includes(key));
  return saidReady || ageMs >= (isSilent ? KNOWN_SILENT_READY_MS : SILENT_READY_MS);
}
