/**
 * Which C library a Node.js process uses: it decides how malloc behaves. Told from the libraries in its
 * address space; Node's own report knows it too, but takes some milliseconds and looks up every network interface.
 */

/** A C library for Linux. */
export type Libc = "glibc" | "musl";

/**
 * Tells the C library from the text of `/proc/<pid>/maps`.
 *
 * @returns `undefined` without a text, or when the program is linked statically.
 */
export function libcOf(maps: string | undefined): Libc | undefined {
  if (maps === undefined) return undefined;
  if (/\/ld-musl-[^/\n]*$/m.test(maps)) return "musl";
  return /\/(libc\.so\.6|libc-2\.\d+\.so)$/m.test(maps) ? "glibc" : undefined;
}
