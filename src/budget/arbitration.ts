/**
 * Who gives back when a budget is full. Each consumer that can shrink has a fair share: what the others do not hold, divided by
 * their number (DataFusion's FairSpillPool). Those above it are asked first, the one with the most beyond it before the others
 * (Velox's shared arbitrator takes from the candidate with the most to reclaim). Nobody is asked to go below what is needed.
 */
import type { ByteConsumer } from "../base/byte-budget.ts";
import { publish } from "../base/channels.ts";

/** Somebody with bytes on a budget. */
export interface Holder {
  /** Bytes held now. */
  readonly bytes: number;
  /** Who it is, and what can shrink it. */
  readonly consumer: Partial<ByteConsumer> & { readonly name: string };
}

/** What each spillable consumer may count on. */
export function fairShare(limitBytes: number, holders: Iterable<Holder>): number {
  let fixedBytes = 0;
  let spillable = 0;
  for (const { consumer, bytes } of holders) {
    if (consumer.shrink) spillable += 1;
    else fixedBytes += bytes;
  }
  return Math.max(0, limitBytes - fixedBytes) / Math.max(1, spillable);
}

/**
 * Asks holders to shrink until so many bytes are free.
 *
 * @param bytes - how many are missing.
 * @param floorBytes - to what a holder may be pressed: the fair share for somebody who can shrink as well, 0 for somebody who cannot.
 * @returns how many bytes were freed, as their leases show it, and how many holders were asked.
 */
export function reclaim(
  holders: Iterable<Holder>,
  asker: Holder | undefined,
  bytes: number,
  floorBytes: number,
): { freedBytes: number; asked: number } {
  const candidates = [...holders]
    .filter((holder) => holder !== asker && holder.consumer.shrink && holder.bytes > floorBytes)
    .sort((a, b) => b.bytes - a.bytes);
  let freedBytes = 0;
  let asked = 0;
  for (const holder of candidates) {
    if (freedBytes >= bytes) break;
    const before = holder.bytes;
    asked += 1;
    try {
      holder.consumer.shrink?.(Math.min(bytes - freedBytes, before - floorBytes));
    } catch (error) {
      // Its owner meets the failure at its own next step; who asks only learns that there is no room.
      publish("plimsoll:budget:shrink-failed", () => ({ consumer: holder.consumer.name, error }));
    }
    freedBytes += before - holder.bytes;
  }
  return { freedBytes, asked };
}
