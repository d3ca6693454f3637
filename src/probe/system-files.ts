/**
 * Reads the kernel's text files (`/proc`, `/sys/fs/cgroup`). What cannot be read is `undefined`: the
 * file belongs to another system, another user, or a process that has just ended.
 */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

/** Where to look for `/proc` and the cgroup file systems. */
export interface SystemFilesOptions {
  /** Directory in which the file system begins, e.g. a host's root mounted into a container. Default: `/`. */
  readonly root?: string;
}

/** Names a process to a reader: its id, or the calling process itself. */
export type ProcessId = number | "self";

/** Reads a whole file as text. */
export function readSystemText(path: string, { root = "/" }: SystemFilesOptions = {}): string | undefined {
  return attempt(() => readFileSync(join(root, path), "utf8"));
}

/** Lists the names in a directory; empty when it cannot be read. */
export function listSystemDirectory(path: string, { root = "/" }: SystemFilesOptions = {}): string[] {
  return attempt(() => readdirSync(join(root, path))) ?? [];
}

/** Lists the directories in a directory; empty when it cannot be read. */
export function listSubdirectories(path: string, { root = "/" }: SystemFilesOptions = {}): string[] {
  const entries = attempt(() => readdirSync(join(root, path), { withFileTypes: true })) ?? [];
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

/** Reads where a symbolic link points to. */
export function readSystemLink(path: string, { root = "/" }: SystemFilesOptions = {}): string | undefined {
  return attempt(() => readlinkSync(join(root, path)));
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** A reading that this platform, this user or this moment does not allow. */
export interface Unavailable {
  /** Told apart from a reading by this. */
  readonly available: false;
  /** Why, in words for the user. */
  readonly reason: string;
}
