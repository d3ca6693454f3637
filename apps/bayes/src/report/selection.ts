/**
 * Which of many quantities are shown: of each value its first elements, so that a vector of a thousand does not hide
 * the numbers that come after it. What is left out is counted, with the worst of it.
 */
import type { Fit, Quantity } from "../fit.ts";
import { sizeOf } from "../graph/shape.ts";

/** Elements of one value that are not shown. */
export interface Omission {
  /** Of the value, or "values" where whole ones are left out. */
  readonly name: string;
  readonly count: number;
  /** That with the highest R-hat among them. */
  readonly worst: Quantity;
}

/** A quantity, or what stands for many. */
export type Shown = { readonly quantity: Quantity } | { readonly omission: Omission };

/** The quantity with the highest R-hat; constants have none. */
export function worstOf(quantities: readonly Quantity[]): Quantity | undefined {
  let worst: Quantity | undefined;
  for (const quantity of quantities)
    if (worst === undefined || !(quantity.summary.rHat <= worst.summary.rHat)) {
      if (worst === undefined || !Number.isNaN(quantity.summary.rHat)) worst = quantity;
    }
  return worst;
}

/** Chooses at most `rows` rows. */
export function select({ model, quantities }: Fit, rows: number): Shown[] {
  let from = 0;
  const groups = model.reported.map(({ name, shape }) => {
    const size = sizeOf(shape);
    from += size;
    return { name, elements: quantities.slice(from - size, from) };
  });
  const shown = groups.length > rows ? groups.slice(0, rows - 1) : groups;
  const rest = groups.slice(shown.length).flatMap(({ elements }) => elements);
  const each = elementsThatFit(
    shown.map(({ elements }) => elements.length),
    rows - (rest.length > 0 ? 1 : 0),
  );
  const chosen = shown.flatMap(({ name, elements }): Shown[] => {
    const first = elements.length > each + 1 ? elements.slice(0, each) : elements;
    return [...first.map((quantity) => ({ quantity })), ...omit(name, elements.slice(first.length))];
  });
  return [...chosen, ...omit("values", rest)];
}

/** The most elements of each value with which all values fit. */
function elementsThatFit(sizes: readonly number[], rows: number): number {
  const longest = Math.max(1, ...sizes);
  for (let each = Math.min(longest, rows); each > 1; each -= 1) {
    const total = sizes.reduce((sum, size) => sum + Math.min(size, each + 1), 0);
    if (total <= rows) return each;
  }
  return 1;
}

function omit(name: string, elements: readonly Quantity[]): Shown[] {
  const worst = worstOf(elements);
  return worst ? [{ omission: { name, count: elements.length, worst } }] : [];
}
