// The programs that are measured. What a step changes follows from its number, so that every state can be made
// again and compared.

/** A well mixed whole number below 2^32 for each step. */
function mixed(step) {
  let h = Math.imul(step ^ (step >>> 16), 0x21f0aaad);
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97);
  return (h ^ (h >>> 15)) >>> 0;
}

/** What a step writes: a whole number, a fraction, a text or a truth, in turns. */
function valueOf(step) {
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

const BINDINGS = 10_000;
const NAMES = Array.from({ length: BINDINGS }, (_, i) => `binding-${i}`);

/** So many bindings, of which each step changes one. */
export const bindings = {
  title: "10000 bindings",
  make: () => new Map(NAMES.map((name, i) => [name, i])),
  edit: (step) => ({ path: [NAMES[mixed(step) % BINDINGS]], value: valueOf(step) }),
};

/** The same in a plain object, which is what the libraries of immutable states are made for. */
export const record = {
  title: "10000 properties",
  make: () => Object.fromEntries(NAMES.map((name, i) => [name, i])),
  edit: bindings.edit,
};

const GROUPS = Array.from({ length: 100 }, (_, i) => `group-${i}`);
const ITEMS = Array.from({ length: 20 }, (_, i) => `item-${i}`);
const FIELDS = Array.from({ length: 14 }, (_, i) => `field-${i}`);

/** Objects in objects, 1 MB as JSON, of which each step changes one field. */
export const nested = {
  title: "a nested state of 1 MB",
  make: () =>
    object(GROUPS, (group) => object(ITEMS, (item) => object(FIELDS, (field) => `${group}, ${item}, ${field}`))),
  edit(step) {
    const place = mixed(step);
    const field = place % 14;
    const item = Math.floor(place / 14) % 20;
    const group = Math.floor(place / 280) % 100;
    return { path: [GROUPS[group], ITEMS[item], FIELDS[field]], value: valueOf(step) };
  },
};

function object(keys, make) {
  return Object.fromEntries(keys.map((key) => [key, make(key)]));
}

/** Changes a place of a state. */
export function change(state, { path, value }) {
  let at = state;
  for (const key of path.slice(0, -1)) at = at[key];
  const key = path.at(-1);
  if (at instanceof Map) at.set(key, value);
  else at[key] = value;
}

/** True when two states are the same to the bit, the order of their keys included. */
export function isSame(one, other) {
  if (typeof one !== "object" || typeof other !== "object") return Object.is(one, other);
  const [left, right] = [one, other].map((value) => (value instanceof Map ? [...value] : Object.entries(value)));
  return (
    one instanceof Map === other instanceof Map &&
    left.length === right.length &&
    left.every(([key, value], i) => key === right[i][0] && isSame(value, right[i][1]))
  );
}

/** A workload by its name. */
export function workloadOf(name) {
  return name === "nested" ? nested : bindings;
}
