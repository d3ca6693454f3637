/**
 * Tasks that wait: the highest priority first, and in the order of arrival within one. A task that is taken out leaves
 * a hole that is passed over, so that aborting one of a million costs nothing.
 */

/** Something that waits. */
export interface Waiting {
  /** Higher goes first. */
  readonly priority: number;
  /** True when it no longer waits. */
  isGone: boolean;
}

interface Lane<T> {
  readonly priority: number;
  items: (T | undefined)[];
  head: number;
}

/** A lane gives back its passed part when it is longer than this and makes up half. */
const COMPACT_AT = 1024;

/** A queue by priority. */
export class TaskQueue<T extends Waiting> {
  /** The highest first; as many as there are priorities in use. */
  readonly #lanes: Lane<T>[] = [];
  #size = 0;

  /** Tasks that wait. */
  get size(): number {
    return this.#size;
  }

  /** Adds one at the end of its priority. */
  push(item: T): void {
    const { priority } = item;
    let index = this.#lanes.findIndex((lane) => lane.priority <= priority);
    if (index === -1) index = this.#lanes.length;
    const found = this.#lanes[index];
    if (found?.priority === priority) found.items.push(item);
    else this.#lanes.splice(index, 0, { priority, items: [item], head: 0 });
    this.#size += 1;
  }

  /** Takes one out of the middle. */
  remove(item: T): void {
    if (item.isGone) return;
    item.isGone = true;
    this.#size -= 1;
  }

  /** The next one. */
  peek(): T | undefined {
    for (let lane = this.#lanes[0]; lane !== undefined; lane = this.#lanes[0]) {
      for (; lane.head < lane.items.length; lane.head++) {
        const item = lane.items[lane.head];
        if (item && !item.isGone) return item;
        lane.items[lane.head] = undefined;
      }
      this.#lanes.shift();
    }
    return undefined;
  }

  /** Takes the next one out. */
  shift(): T | undefined {
    const item = this.peek();
    const lane = this.#lanes[0];
    if (!item || !lane) return undefined;
    lane.items[lane.head] = undefined;
    lane.head += 1;
    this.remove(item);
    if (lane.head > COMPACT_AT && lane.head * 2 > lane.items.length) {
      lane.items = lane.items.slice(lane.head);
      lane.head = 0;
    }
    return item;
  }
}
