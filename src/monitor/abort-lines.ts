/**
 * Abort signals that fire when resident memory passes a size. One signal for each size: signals must be
 * held strongly as long as someone may listen, and a new one for each request would pile up.
 */
import { formatBytes } from "../base/bytes.ts";
import { PlimsollError } from "../base/errors.ts";

/** Resident memory has passed a size. */
export function overLimit(usedBytes: number, limitBytes: number, what = "resident memory"): PlimsollError {
  return new PlimsollError(
    "ERR_PLIMSOLL_OVER_LIMIT",
    `${what} is ${formatBytes(usedBytes)}, over the limit of ${formatBytes(limitBytes)}: ` +
      "do less at once or free memory, or raise the limit (`npx plimsoll limits` tells which applies).",
    { details: { usedBytes, limitBytes } },
  );
}

/** Keeps the signals that have not fired. */
export class AbortLines {
  readonly #controllers = new Map<number, AbortController>();

  /** The signal for a size; one that has fired is forgotten. */
  signal(bytes: number): AbortSignal {
    let controller = this.#controllers.get(bytes);
    if (!controller) this.#controllers.set(bytes, (controller = new AbortController()));
    return controller.signal;
  }

  /** Fires the signals below `rssBytes`. */
  update(rssBytes: number): void {
    for (const [bytes, controller] of this.#controllers) {
      if (rssBytes <= bytes) continue;
      this.#controllers.delete(bytes);
      controller.abort(overLimit(rssBytes, bytes));
    }
  }
}
