/**
 * The private directory of one run: the socket in a part that only this user may enter, and a copy of
 * the preload. Node does not start when a `--require`d file is missing (MODULE_NOT_FOUND, exit 1), so
 * the path that a program's children inherit must outlive both the package (an `npx` cache that is
 * emptied) and this watcher: the copy stays when programs of the run are still alive at the end. A
 * program that runs as another user can load the preload, but not reach the socket, and goes on unobserved.
 */
import { randomBytes } from "node:crypto";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PlimsollError } from "../../base/errors.ts";

/** `sun_path` holds 108 bytes on Linux and 104 on macOS and the BSDs, with the final zero. */
const MAX_SOCKET_PATH_BYTES = process.platform === "linux" ? 107 : 103;

/** Paths of one run. */
export interface RunDirectory {
  readonly socketPath: string;
  /** What NODE_OPTIONS requires. */
  readonly preloadFile: string;
  /** Removes the directory, or all but the preload. */
  remove(options: { keepPreload: boolean }): void;
}

/**
 * Makes the directory.
 *
 * @param bases - where it may lie, first choice first. Default: the system's temporary directory, then `/tmp`.
 * @throws PlimsollError `ERR_PLIMSOLL_UNWRITABLE` when none of them can be written or gives a short enough path.
 */
export function makeRunDirectory(bases: readonly string[] = [tmpdir(), "/tmp"]): RunDirectory {
  let cause: unknown;
  for (const base of bases) {
    let path: string | undefined;
    try {
      path = mkdtempSync(join(realpathSync(base), "plimsoll-"));
      return furnish(path);
    } catch (error) {
      cause = error;
      if (path !== undefined) rmSync(path, { recursive: true, force: true });
    }
  }
  const where = bases.join(", ");
  throw new PlimsollError(
    "ERR_PLIMSOLL_UNWRITABLE",
    `No private directory for the watcher's socket could be made in ${where}. Set TMPDIR to a short, writable path.`,
    { details: { bases: where }, cause },
  );
}

function furnish(path: string): RunDirectory {
  const inner = join(path, "s");
  const isWindows = process.platform === "win32";
  const socketPath = isWindows ? String.raw`\\.\pipe\plimsoll-${randomBytes(12).toString("hex")}` : join(inner, "w");
  if (!isWindows && Buffer.byteLength(socketPath) > MAX_SOCKET_PATH_BYTES) {
    throw new Error(`${socketPath} is longer than ${MAX_SOCKET_PATH_BYTES} bytes`);
  }
  mkdirSync(inner, { mode: 0o700 });
  const preload = join(path, "preload");
  mkdirSync(preload);
  const source = locatePreload();
  for (const name of readdirSync(source)) {
    if (!name.endsWith(".cjs")) continue;
    cpSync(join(source, name), join(preload, name));
    chmodSync(join(preload, name), 0o644);
  }
  chmodSync(preload, 0o711);
  chmodSync(path, 0o711);
  return {
    socketPath,
    preloadFile: join(preload, "preload.cjs"),
    remove({ keepPreload }) {
      rmSync(keepPreload ? inner : path, { recursive: true, force: true });
    },
  };
}

/** The built preload: beside this file's own part, or in `dist` when the sources run untranslated. */
function locatePreload(): string {
  const built = ["../../preload/", "../../../dist/preload/"].map((at) => fileURLToPath(new URL(at, import.meta.url)));
  const found = built.find((path) => existsSync(join(path, "preload.cjs")));
  if (found !== undefined) return found;
  throw new PlimsollError("ERR_PLIMSOLL_UNWRITABLE", "Plimsoll's preload is not there. Install the package again.");
}
