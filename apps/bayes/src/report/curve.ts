/**
 * Curves in small: a density by a kernel estimate on a grid, and paths of SVG with relative whole numbers, some four
 * characters a point. Every drawing is `WIDTH` by `HEIGHT` and is stretched by the page.
 */
import { quantile } from "../summary/effective-sample-size.ts";

/** Of every drawing, in its own units. */
export const WIDTH = 600;
/** Of every drawing, in its own units. */
export const HEIGHT = 120;

const GRID = 96;

/** Draws a line through points given as fractions of width and height, from the lower left. */
export function linePath(points: Iterable<readonly [x: number, y: number]>): string {
  let path = "";
  let [lastX, lastY] = [0, 0];
  for (const [x, y] of points) {
    const [nextX, nextY] = [Math.round(x * WIDTH), Math.round((1 - y) * HEIGHT)];
    const [dx, dy] = [nextX - lastX, nextY - lastY];
    path += path === "" ? `M${dx} ${dy}l` : `${path.endsWith("l") || dx < 0 ? "" : " "}${dx}${dy < 0 ? "" : " "}${dy}`;
    [lastX, lastY] = [nextX, nextY];
  }
  return path;
}

/** Smallest and largest finite value over some lists; a range of 1 around a constant. */
export function rangeOf(lists: readonly ArrayLike<number>[]): readonly [low: number, high: number] {
  let [low, high] = [Infinity, -Infinity];
  for (const list of lists)
    for (let i = 0; i < list.length; i += 1) {
      const value = list[i] ?? Number.NaN;
      if (value < low && value > -Infinity) low = value;
      if (value > high && value < Infinity) high = value;
    }
  if (low > high) return [0, 1];
  return low === high ? [low - 0.5, high + 0.5] : [low, high];
}

/** Where most of some values lie: from their 0.5 % to their 99.5 % quantile. */
export function coreOf(lists: readonly ArrayLike<number>[]): readonly [low: number, high: number] {
  const finite = lists.flatMap((list) => Array.from(list).filter(Number.isFinite));
  return finite.length === 0 ? [0, 1] : rangeOf([[quantile(finite, 0.005), quantile(finite, 0.995)]]);
}

/**
 * A Gaussian kernel density on a grid from `low` to `high`, with Silverman's bandwidth; what would lie beyond the
 * smallest and largest value is reflected, so that a density that ends does not leak.
 */
export function densityOf(values: ArrayLike<number>, [low, high]: readonly [number, number]): Float64Array {
  const finite = Float64Array.from(values).filter(Number.isFinite).sort();
  const density = new Float64Array(GRID);
  if (finite.length < 2) return density;
  const at = (q: number): number => finite[Math.round(q * (finite.length - 1))] ?? 0;
  const spread = Math.max((at(0.75) - at(0.25)) / 1.34, (at(0.95) - at(0.05)) / 3.29, (high - low) / 1e3);
  const width = 0.9 * spread * finite.length ** -0.2;
  const step = (high - low) / (GRID - 1);
  const add = (value: number): void => {
    const first = Math.max(0, Math.ceil((value - 4 * width - low) / step));
    const last = Math.min(GRID - 1, Math.floor((value + 4 * width - low) / step));
    for (let i = first; i <= last; i += 1)
      density[i] = (density[i] ?? 0) + Math.exp(-0.5 * ((low + i * step - value) / width) ** 2);
  };
  const [smallest, largest] = [at(0), at(1)];
  for (const value of finite) {
    add(value);
    if (value - smallest < 4 * width) add(2 * smallest - value);
    if (largest - value < 4 * width) add(2 * largest - value);
  }
  const scale = 1 / (finite.length * width * Math.sqrt(2 * Math.PI));
  // Half a step of tolerance: the grid's ends are the values' own where nothing lies beyond.
  return density.map((each, i) => {
    const place = low + i * step;
    return place < smallest - step / 2 || place > largest + step / 2 ? 0 : each * scale;
  });
}
