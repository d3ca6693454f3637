/**
 * One kind of event, told in two ways: to typed listeners and on a `diagnostics_channel`. The event is
 * built only when someone listens. A listener that throws stops nothing: its error surfaces as an
 * uncaught exception after the others were called, as `diagnostics_channel` does it.
 */
import { publish } from "../base/channels.ts";

/** Something that can be listened to. */
export class Topic<Event> {
  readonly #channel: `plimsoll:${string}:${string}`;
  readonly #listeners = new Set<{ readonly call: (event: Event) => void }>();

  /** @param channel - its public name, `plimsoll:<noun>:<event>`. */
  constructor(channel: `plimsoll:${string}:${string}`) {
    this.#channel = channel;
  }

  /** Calls `listener` with each event until disposed. */
  subscribe(listener: (event: Event) => void): Disposable {
    const entry = { call: listener };
    this.#listeners.add(entry);
    return { [Symbol.dispose]: () => void this.#listeners.delete(entry) };
  }

  /** Tells everyone, or builds nothing when no one listens. */
  emit(build: () => Event): void {
    publish(this.#channel, build);
    if (this.#listeners.size === 0) return;
    const event = build();
    for (const { call } of this.#listeners) {
      try {
        call(event);
      } catch (error) {
        process.nextTick(() => {
          throw error;
        });
      }
    }
  }
}
