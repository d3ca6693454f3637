/**
 * One kind of event, told in two ways: to typed listeners and on a `diagnostics_channel`. The event is
 * built only when someone listens. A listener that throws stops nothing: its error surfaces as an
 * uncaught exception after the others were called, as `diagnostics_channel` does it.
 */
import { type Channel, channel } from "node:diagnostics_channel";

/** Something that can be listened to. */
export class Topic<Event> {
  readonly #channel: Channel;
  readonly #listeners = new Set<{ readonly call: (event: Event) => void }>();

  /** @param name - of its channel, public: `plimsoll:<noun>:<event>`. */
  constructor(name: `plimsoll:${string}:${string}`) {
    this.#channel = channel(name);
  }

  /** Calls `listener` with each event until disposed. */
  subscribe(listener: (event: Event) => void): Disposable {
    const entry = { call: listener };
    this.#listeners.add(entry);
    return { [Symbol.dispose]: () => void this.#listeners.delete(entry) };
  }

  /** Tells everyone, or builds nothing when no one listens. */
  emit(build: () => Event): void {
    if (this.#listeners.size === 0 && !this.#channel.hasSubscribers) return;
    const event = build();
    this.#channel.publish(event);
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
