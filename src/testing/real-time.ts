/** The machine's time, also in tests that fake theirs: taken when this file is loaded, before a test replaces `performance.now`. */

const read = performance.now.bind(performance);

/** Milliseconds since the thread began. */
export function readTime(): number {
  return read();
}
