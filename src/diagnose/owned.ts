/**
 * Whether values that the program's own ledger (`plimsoll/scope`) counts become more and more. Their number is judged
 * like any other series, so one that is flat, has levelled off or comes and goes says nothing.
 */
import type { CodeLocation, OwnedPlace } from "../base/wire.ts";
import type { ThreadRecording } from "../monitor/remote/recording.ts";
import { type Channel, judgeChannel } from "./channel.ts";

/** Values of one library that become more and more. */
export interface OwnedGrowth {
  /** The library, as its adapter calls it. */
  readonly name: string;
  /** Its living values over time; numbers, not bytes. */
  readonly channel: Channel;
  /** What their bytes gained each second; absent where the library does not tell them. */
  readonly bytesPerSecond?: number;
  /** The place that gained most. */
  readonly place?: OwnedPlace;
  /** Part of all that was gained which this place gained, 0..1. */
  readonly placeShare: number;
  /** When the newest reading was made. */
  readonly timeMs: number;
}

/** Fewer more than before are noise, or this share of their number. */
const FEW = 50;
const FEW_RATIO = 0.05;

/** The library whose living values grow fastest. Default: none grows. */
export function ownedGrowth(
  { ledger = [], ledgerCourse = [] }: Pick<ThreadRecording, "ledger" | "ledgerCourse">,
  fromMs: number,
  nowMs: number,
): OwnedGrowth | undefined {
  const course = ledgerCourse.filter(({ timeMs }) => timeMs >= fromMs && timeMs <= nowMs);
  const names = new Set(course.at(-1)?.totals.map(({ name }) => name));
  let fastest: OwnedGrowth | undefined;
  for (const name of names) {
    const seen = course.flatMap(({ timeMs, totals }) => {
      const total = totals.find((one) => one.name === name);
      return total ? [{ ...total, timeMs }] : [];
    });
    const channel = judgeChannel(
      seen.map(({ timeMs, live }) => ({ timeMs, bytes: live })),
      { bytes: FEW, ratio: FEW_RATIO },
    );
    if (channel.state !== "grows" || rateOf(channel) <= rateOf(fastest?.channel)) continue;
    const [first, last] = [seen[0], seen.at(-1)];
    const gained = (last?.bytes ?? 0) - (first?.bytes ?? 0);
    const spanSeconds = ((last?.timeMs ?? 0) - (first?.timeMs ?? 0)) / 1000;
    fastest = {
      name,
      channel,
      timeMs: last?.timeMs ?? nowMs,
      ...(last?.bytes === undefined ? {} : { bytesPerSecond: Math.max(0, gained) / spanSeconds }),
      ...gainingPlace(name, ledger, nowMs),
    };
  }
  return fastest;
}

function gainingPlace(
  name: string,
  readings: NonNullable<ThreadRecording["ledger"]>,
  nowMs: number,
): { place?: OwnedPlace; placeShare: number } {
  const [first, last] = [readings[0], readings.at(-1)];
  if (!first || !last || last.timeMs > nowMs) return { placeShare: 0 };
  const liveAt = (place: OwnedPlace): number =>
    first === last ? 0 : (first.places.find((one) => one.name === name && isAt(one.where, place.where))?.live ?? 0);
  let best: OwnedPlace | undefined;
  let most = 0;
  let all = 0;
  for (const place of last.places) {
    if (place.name !== name) continue;
    const gained = Math.max(0, place.live - liveAt(place));
    all += gained;
    if (gained > most) [best, most] = [place, gained];
  }
  return { ...(best ? { place: best } : {}), placeShare: all > 0 ? most / all : 0 };
}

function isAt(a: CodeLocation | undefined, b: CodeLocation | undefined): boolean {
  return a?.file === b?.file && a?.line === b?.line && a?.column === b?.column;
}

/** What a series gains each second; 0 where there is none. */
export function rateOf(channel: Channel | undefined): number {
  return channel?.slope?.bytesPerSecond ?? 0;
}
