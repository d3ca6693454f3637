/**
 * What the drivers of browsers ask of the platform: the lock that makes one writer, over all tabs and workers of an
 * origin, and words for a quota that is used up. The types are the few members in use: TypeScript's are for pages only.
 */
import { PlimsollError } from "../../base/errors.ts";

/** A lock manager: https://w3c.github.io/web-locks/. */
interface LockManager {
  request(
    name: string,
    options: { readonly ifAvailable: true },
    work: (lock: object | null) => Promise<void> | undefined,
  ): Promise<void>;
}

/** What is used of `navigator`, where it has it. */
export interface Platform<Storage> {
  readonly locks?: LockManager;
  readonly storage?: Storage;
}

/** The platform's `navigator`. */
export function platform<Storage>(): Platform<Storage> {
  return (globalThis as { readonly navigator?: Platform<Storage> }).navigator ?? {};
}

/** The error for a platform that lacks what a driver stands on. */
export function unsupported(what: string): PlimsollError {
  return new PlimsollError(
    "ERR_PLIMSOLL_BAD_OPTION",
    `This platform has no ${what}. Browsers have it on pages from https: or localhost; elsewhere use another driver.`,
  );
}

/**
 * Takes the writer's lock of a history.
 *
 * @returns what gives it free.
 * @throws PlimsollError `ERR_PLIMSOLL_HISTORY_LOCKED` when somebody has it.
 */
export async function lockWriter(name: string): Promise<() => void> {
  const { locks } = platform();
  if (!locks) throw unsupported("Web Locks");
  return new Promise((resolve, reject) => {
    locks
      .request(`plimsoll history ${name}`, { ifAvailable: true }, (lock) => {
        if (lock) return new Promise<void>((release) => resolve(release));
        reject(
          new PlimsollError(
            "ERR_PLIMSOLL_HISTORY_LOCKED",
            `The history ${name} is being written by another tab or worker. Close it there, or open with readOnly: true.`,
            { details: { name } },
          ),
        );
        return undefined;
      })
      .catch(reject);
  });
}

/** Says what it means when a browser gives no more space; other errors stay as they are. */
export function explainQuota(error: unknown): unknown {
  const { name, message } = (error ?? {}) as { readonly name?: string; readonly message?: string };
  if (name !== "QuotaExceededError") return error;
  return new PlimsollError(
    "ERR_PLIMSOLL_UNWRITABLE",
    `the browser's quota for this origin is used up (${message || name}); thin the history, remove other data, or ask for more with navigator.storage.persist()`,
    { cause: error },
  );
}
