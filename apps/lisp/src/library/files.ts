/**
 * Files, as the host gives them: what a file answers is a part of a history.
 */
import { failure } from "../data/errors.ts";
import type { Value } from "../data/values.ts";
import type { Files } from "../lisp.ts";
import type { Answer } from "../time/effects.ts";
import type { Outside } from "./outside.ts";
import { toText } from "./table.ts";

/** Does something with the file of a name. @throws `LispError` of kind `file`. */
export type FileAccess = <T extends Answer>(name: Value, use: (files: Files, name: string) => T) => T;

/** Access to the files of a host. */
export function fileAccess(outside: Outside, files: Files | undefined): FileAccess {
  return (name, use) => {
    const file = toText(name).text;
    if (files === undefined) throw failure("file", "this system has no files:", name);
    try {
      return outside.perform(() => use(files, file));
    } catch (error) {
      throw failure("file", error instanceof Error ? error.message : String(error), name);
    }
  };
}
