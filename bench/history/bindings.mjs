// The program that is measured: so many bindings, of which each step changes one. What a step changes
// follows from its number, so that every state can be made again and compared.
export const BINDINGS = 10_000;
export const NAMES = Array.from({ length: BINDINGS }, (_, i) => `binding-${i}`);

/** A well mixed whole number below 2^32 for each step. */
function mixed(step) {
  let h = Math.imul(step ^ (step >>> 16), 0x21f0aaad);
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97);
  return (h ^ (h >>> 15)) >>> 0;
}

/** Which binding a step changes. */
export function bindingOf(step) {
  return mixed(step) % BINDINGS;
}

/** What it becomes: a whole number, a fraction, a text or a truth, in turns. */
export function valueOf(step) {
  switch (step & 3) {
    case 0:
      return step;
    case 1:
      return step / 3;
    case 2:
      return `value ${step}`;
    default:
      return mixed(step) > 2 ** 31;
  }
}

/** The values before the first step. */
export function firstValues() {
  return NAMES.map((_, i) => i);
}
