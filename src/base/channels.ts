/**
 * What Plimsoll publishes on `node:diagnostics_channel`. The library never prints: whoever wants to
 * see an event subscribes. Names follow `plimsoll:<noun>:<event>` and are public API.
 */
import { channel } from "node:diagnostics_channel";

/**
 * Publishes on a channel. The payload is built only when someone listens.
 *
 * @param name - one of the documented channel names, `plimsoll:<noun>:<event>`.
 * @param payload - builds the message.
 */
export function publish(name: `plimsoll:${string}:${string}`, payload: () => unknown): void {
  const target = channel(name);
  if (target.hasSubscribers) target.publish(payload());
}
