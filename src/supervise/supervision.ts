/**
 * The way from inside a supervised program to its supervisor, as the preload has left it. Without a supervisor
 * everything here does nothing, so that programs run alone as well.
 */
import { LINK_SYMBOL, type SupervisionLink } from "../base/supervision.ts";

/** The link to the supervisor; `undefined` without one. */
export function supervision(): SupervisionLink | undefined {
  return (process as unknown as Record<symbol, SupervisionLink | undefined>)[Symbol.for(LINK_SYMBOL)];
}

/** True when `plimsoll supervise` or a `Supervisor` runs this program. */
export function isSupervised(): boolean {
  return supervision() !== undefined;
}

/**
 * Says that this instance can serve now. Whoever says so once is waited for ever after: its replacements take over only
 * when they have said the same. Without it an instance is ready when it listens.
 */
export function announceReady(): void {
  supervision()?.tell({ type: "ready" });
}

/** Counts a unit of work that is no HTTP request, for `--restart-after`. */
export function countUnit(): void {
  supervision()?.countUnit();
}

/**
 * Asks the supervisor for a replacement; this instance is drained once that is ready.
 *
 * @param why - in words, for the log.
 * @returns false without a supervisor.
 */
export function requestReplacement(why: string): boolean {
  const link = supervision();
  link?.tell({ type: "replace", why: why.slice(0, 400) });
  return link !== undefined;
}
