/** Publishing costs nothing while nobody listens, and reaches whoever does. */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { describe, expect, it, vi } from "vitest";
import { publish } from "../../src/base/channels.ts";

const NAME = "plimsoll:test:happened";

describe("publish", () => {
  it("builds no payload while nobody listens", () => {
    const payload = vi.fn(() => 1);
    publish(NAME, payload);
    expect(payload).not.toHaveBeenCalled();
  });

  it("reaches a listener, until it leaves", () => {
    const listener = vi.fn();
    subscribe(NAME, listener);
    publish(NAME, () => ({ bytes: 5 }));
    unsubscribe(NAME, listener);
    publish(NAME, () => ({ bytes: 6 }));
    expect(listener.mock.calls).toEqual([[{ bytes: 5 }, NAME]]);
  });
});
