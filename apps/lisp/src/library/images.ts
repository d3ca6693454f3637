/**
 * Continuations that outlive their process.
 */
import type { Value } from "../data/values.ts";
import type { FileAccess } from "./files.ts";
import type { PrimitiveTable } from "./table.ts";

/** What these procedures ask of the system. */
export interface Images {
  /** A continuation as bytes. */
  saveContinuation(value: Value): Uint8Array;
  /** The continuation of such bytes. */
  loadContinuation(bytes: Uint8Array): Value;
}

/** Adds `save-continuation` and `load-continuation`. */
export function addImages(table: PrimitiveTable, images: Images, access: FileAccess): void {
  table.add(
    "save-continuation",
    (value, name) => {
      const bytes = images.saveContinuation(value);
      access(name, (files, file) => {
        files.write(file, bytes);
        return undefined;
      });
      return undefined;
    },
    2,
  );
  table.add("load-continuation", (name) => images.loadContinuation(access(name, (files, file) => files.read(file))), 1);
}
