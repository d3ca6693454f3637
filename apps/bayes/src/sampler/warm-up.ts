/**
 * When warm-up learns what: the step size always, the metric in windows that double in length between a fast start and
 * a fast end (Stan reference manual, chapter "MCMC sampling", with its lengths).
 */

/** What to do after a draw of warm-up. */
export interface WarmUpAction {
  /** The position counts for the metric. */
  readonly learns: boolean;
  /** A window ends: the metric takes over what was learnt. */
  readonly adapts: boolean;
}

const START = 75;
const END = 50;
const FIRST_WINDOW = 25;

/** Plans warm-up of so many draws. */
export function planWarmUp(draws: number): readonly WarmUpAction[] {
  const scale = draws < START + END + FIRST_WINDOW ? draws / (START + END + FIRST_WINDOW) : 1;
  const [start, end] = [Math.floor(START * scale), draws - Math.floor(END * scale)];
  const ends = new Set<number>();
  for (let from = start, length = Math.max(1, Math.floor(FIRST_WINDOW * scale)); from < end; length *= 2) {
    // What is left after it must hold a window of twice the length, or this one takes it.
    const to = from + 3 * length > end ? end : from + length;
    ends.add(to - 1);
    from = to;
  }
  return Array.from({ length: draws }, (_, draw) => ({
    learns: draw >= start && draw < end,
    adapts: ends.has(draw),
  }));
}
