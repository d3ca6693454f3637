/**
 * A treemap as inline SVG in per cent, so that it fits any width while its letters keep their size:
 * squarified, after Bruls, Huizing and van Wijk (2000).
 */
import { htmlEscape } from "escape-goat";
import type { Part } from "./digest.ts";

const HEIGHT = 480;
/** The drawing is laid out as if it were this wide. */
const LAYOUT_WIDTH = 960;

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Boxes in proportion to values that fall, filling `LAYOUT_WIDTH` × `HEIGHT`. */
export function layOut(values: readonly number[]): Box[] {
  const total = values.reduce((sum, value) => sum + value, 0);
  const boxes: Box[] = [];
  let free: Box = { x: 0, y: 0, width: LAYOUT_WIDTH, height: HEIGHT };
  const scale = (LAYOUT_WIDTH * HEIGHT) / (total || 1);
  for (let first = 0; first < values.length;) {
    const side = Math.min(free.width, free.height);
    let count = 1;
    while (
      first + count < values.length &&
      worst(values, first, count + 1, side, scale) <= worst(values, first, count, side, scale)
    )
      count++;
    const row = values.slice(first, first + count).map((value) => value * scale);
    const area = row.reduce((sum, value) => sum + value, 0);
    const thickness = side === 0 ? 0 : area / side;
    const isColumn = free.width >= free.height;
    let along = 0;
    for (const value of row) {
      const length = thickness === 0 ? 0 : value / thickness;
      boxes.push(
        isColumn
          ? { x: free.x, y: free.y + along, width: thickness, height: length }
          : { x: free.x + along, y: free.y, width: length, height: thickness },
      );
      along += length;
    }
    free = isColumn
      ? { ...free, x: free.x + thickness, width: Math.max(0, free.width - thickness) }
      : { ...free, y: free.y + thickness, height: Math.max(0, free.height - thickness) };
    first += count;
  }
  return boxes;
}

/** The worst ratio of sides in a row of `count` values. */
function worst(values: readonly number[], first: number, count: number, side: number, scale: number): number {
  const row = values.slice(first, first + count).map((value) => value * scale);
  const area = row.reduce((sum, value) => sum + value, 0);
  const [most, least] = [row[0] ?? 0, row.at(-1) ?? 0];
  return Math.max((side ** 2 * most) / area ** 2, area ** 2 / (side ** 2 * least));
}

/** The parts as boxes; the title of each tells its size. */
export function treemap(parts: readonly Part[]): string {
  const boxes = layOut(parts.map(({ characters }) => characters));
  const cells = parts.map(({ label, characters }, index) => {
    const { x, y, width, height } = boxes[index] ?? { x: 0, y: 0, width: 0, height: 0 };
    const place = `x="${percent(x / LAYOUT_WIDTH)}" y="${percent(y / HEIGHT)}" width="${percent(width / LAYOUT_WIDTH)}" height="${percent(height / HEIGHT)}"`;
    const name = htmlEscape(label);
    const size = `${(characters / 1000).toFixed(1)} kB`;
    const text = width > 40 && height > 18 ? `<text x="4" y="14">${name}</text>` : "";
    return `<svg ${place}><title>${name}: ${size}</title><rect width="100%" height="100%"/>${text}</svg>`;
  });
  return `<svg class="treemap" role="img" aria-label="Parts by size" width="100%" height="${HEIGHT}">${cells.join("")}</svg>`;
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(2))}%`;
}
