/**
 * What was proved is not unproved by a pause: a collection that takes a bite out of it, a step that makes the
 * stretch before it look slow. Growth that held until a moment ago holds on, as long as the level neither falls
 * far, nor flattens out, nor climbs at less than half the rate since.
 */
import type { TrendPoint } from "../monitor/trend.ts";
import { type Channel, judgeChannel, largestFall, MAX_FALL, type NoiseFloor, STEADY } from "./channel.ts";

/** How far back a proof may lie, as a share of the time. */
const MAX_TAIL = 1 / 3;
/** So many floors may be one collection's: only from more of them a rate is told. */
const FEW = 3;

/**
 * Judges a series of floors as {@link judgeChannel} does, and goes back where it may grow.
 *
 * @param points - in the order of time, warm-up included.
 */
export function judgeLasting(points: readonly TrendPoint[], noise: NoiseFloor = {}): Channel {
  const channel = judgeChannel(points, noise);
  if (channel.state !== "may-grow") return channel;
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return channel;
  const earliestMs = last.timeMs - MAX_TAIL * (last.timeMs - first.timeMs);
  for (let index = points.length - 2; index > 0; index -= 1) {
    const end = points[index];
    if (!end || end.timeMs < earliestMs) break;
    const proof = judgeChannel(points.slice(0, index + 1), noise);
    if (proof.state === "grows" && goesOn(proof, points.slice(index)))
      return { ...channel, state: "grows", neededSeconds: 0 };
  }
  return channel;
}

/** The deepest fall since may be a collection's: the rest must have climbed on. */
function goesOn({ riseBytes, slope }: Channel, tail: readonly TrendPoint[]): boolean {
  const [end, last] = [tail[0], tail.at(-1)];
  if (!end || !last || !slope) return false;
  const fall = largestFall(tail);
  const climbed = last.bytes - end.bytes + fall;
  const expected = (slope.bytesPerSecond * (last.timeMs - end.timeMs)) / 1000;
  return fall <= MAX_FALL * riseBytes && (tail.length <= FEW || climbed >= STEADY * expected);
}
