/**
 * Sorts numbers and says where they were. Whole numbers whose range leaves room for a position in the 53 bits of a double
 * are packed, `(key - least) * positions + position`, and sorted as doubles: no comparison calls JavaScript, and equal keys
 * keep their order. Others are compared one by one.
 */

/**
 * The positions of the `count` first keys in the order of the keys. The keys are lost.
 *
 * @returns a function of the place in that order.
 */
export function orderKeys(keys: Float64Array, count: number): (place: number) => number {
  const used = keys.subarray(0, count);
  const { least, isPackable } = survey(used);
  if (!isPackable) {
    const order = Uint32Array.from(used, (_, position) => position).sort((a, b) => {
      const [keyA = 0, keyB = 0] = [used[a], used[b]];
      return keyA < keyB ? -1 : keyA > keyB ? 1 : a - b;
    });
    return (place) => order[place] ?? 0;
  }
  const positions = powerOver(count);
  for (let position = 0; position < count; position += 1) {
    used[position] = ((used[position] ?? 0) - least) * positions + position;
  }
  used.sort();
  return (place) => {
    const packed = used[place] ?? 0;
    return packed - Math.floor(packed / positions) * positions;
  };
}

function survey(keys: Float64Array): { least: number; isPackable: boolean } {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  let isWhole = true;
  for (const key of keys) {
    if (key < least) least = key;
    if (key > most) most = key;
    isWhole &&= Number.isSafeInteger(key);
  }
  return { least, isPackable: isWhole && (most - least + 1) * powerOver(keys.length) <= Number.MAX_SAFE_INTEGER };
}

/** A power of two, so that dividing by it is exact. */
function powerOver(count: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, count)));
}
