/**
 * Which libraries' values are owned by scopes and counted by the ledger. Adopting a library begins to
 * observe it; giving up the adoption ends that and leaves the library as it was.
 */
import { PlimsollError } from "../base/errors.ts";
import type { Adapter, ValueEvents } from "./adapter.ts";
import { type AnyAdapter, currentFrame, isSettling } from "./frame.ts";
import { book } from "./ledger.ts";

const adopted: AnyAdapter[] = [];

/**
 * Lets scopes own the values of a library, and the ledger count them.
 *
 * @param adapter - one of a library; a second one of the same name is refused.
 * @returns ends it when disposed. Values alive then are nobody's.
 * @throws PlimsollError `ERR_PLIMSOLL_BAD_OPTION` when an adapter of that name is adopted already.
 */
export function adopt<V extends object>(adapter: Adapter<V>): Disposable {
  if (adopted.some(({ name }) => name === adapter.name)) {
    throw new PlimsollError(
      "ERR_PLIMSOLL_BAD_OPTION",
      `An adapter named ${adapter.name} is adopted already. Dispose of that adoption first.`,
      { details: { name: adapter.name } },
    );
  }
  // It is only ever given values that it recognised or reported itself.
  const any = adapter as unknown as AnyAdapter;
  adopted.push(any);
  const counting = book.open(any);
  const observing = any.onCreate?.(eventsOf(any));
  return {
    [Symbol.dispose]() {
      const place = adopted.indexOf(any);
      if (place < 0) return;
      adopted.splice(place, 1);
      observing?.[Symbol.dispose]();
      counting[Symbol.dispose]();
    },
  };
}

/** The adopted adapter of a value. Default: of none, when no adopted library knows it. */
export function adapterOf(value: object): AnyAdapter | undefined {
  return adopted.find((adapter) => adapter.isValue(value));
}

function eventsOf(adapter: AnyAdapter): ValueEvents<object> {
  const account = book.account(adapter);
  return {
    created(value) {
      account.created(value);
      currentFrame()?.own(value, adapter);
    },
    retained(value) {
      if (isSettling()) return;
      const frame = currentFrame();
      if (frame && !frame.owns(value)) frame.borrow(value, adapter, 1);
    },
    released(value) {
      const isGone = !adapter.alive(value);
      if (isGone) account.released(value);
      if (isSettling()) return;
      const frame = currentFrame();
      if (isGone) for (let owner = frame; owner; owner = owner.parent) if (owner.disown(value)) return;
      if (!isGone && frame && !frame.owns(value)) frame.borrow(value, adapter, -1);
    },
  };
}
