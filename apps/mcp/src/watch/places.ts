/** Places in code, as short as they can be found again: below the program's folder, else from the package on. */
import { readlinkSync } from "node:fs";
import type { CodeLocation } from "plimsoll/diagnose/remote";

/** What of a place is shown. */
type Place = Pick<CodeLocation, "file" | "line" | "function">;

/** Names places of one program. */
export class Places {
  readonly #folder: string | undefined;

  /** @param pid - of a process whose folder is the project's. */
  constructor(pid: number) {
    try {
      this.#folder = readlinkSync(`/proc/${pid}/cwd`);
    } catch {
      this.#folder = undefined;
    }
  }

  /** Such as `createSession (src/session.ts:12)`. */
  name({ file, line, function: name }: Place): string {
    return `${name} (${this.shorten(file)}:${line})`;
  }

  /** A path without what leads to the project. */
  shorten(file: string): string {
    const path = file.replace(/^file:\/\//, "");
    if (this.#folder !== undefined && path.startsWith(`${this.#folder}/`)) return path.slice(this.#folder.length + 1);
    const inPackage = path.lastIndexOf("/node_modules/");
    if (inPackage >= 0) return path.slice(inPackage + 1);
    return path.split("/").slice(-2).join("/");
  }
}
