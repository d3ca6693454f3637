/**
 * Lines and indentation, by oxfmt where it is installed: 4 MB of native code that the renaming itself can do
 * without. It holds the whole file as a tree, so it needs several times what all else does; that is
 * predicted, and refused where it does not fit, before any work.
 */
import { readFileSync } from "node:fs";
import type { SourceType } from "../scope/analyse.ts";
import { UnminifyError } from "../unminify-error.ts";
import type { Estimate } from "./estimate.ts";
import { writePieces, type WrittenFile } from "./write-file.ts";

/** Fitted to peaks of whole runs with oxfmt 0.75 on bundles of 0.3 to 14 MB: 98, 173, 425 and 533 MB. */
/** Its code. */
const BASE_BYTES = 20 * 2 ** 20;
const BYTES_PER_WORD = 340;
const BYTES_PER_CHARACTER = 5;

/** What formatting needs beside all else, in bytes. */
export function formatBytes({ words }: Pick<Estimate, "words">, characters: number): number {
  return BASE_BYTES + words * BYTES_PER_WORD + characters * BYTES_PER_CHARACTER;
}

/** Formats JavaScript. */
export type Formatter = (path: string, sourceType: SourceType) => Promise<WrittenFile>;

/** @throws UnminifyError `BAD_USAGE` where oxfmt is not installed. */
export async function loadFormatter(): Promise<Formatter> {
  const { format } = await import("oxfmt").catch((error: unknown) => {
    throw new UnminifyError("BAD_USAGE", "--format needs oxfmt, which is not installed: npm install oxfmt", error);
  });
  return async (path, sourceType) => {
    const name = sourceType === "module" ? "bundle.mjs" : "bundle.cjs";
    const { code, errors } = await format(name, readFileSync(path, "utf8"));
    const [error] = errors;
    if (error === undefined) return writePieces(path, [code], "utf8");
    throw new UnminifyError(
      "BAD_INPUT",
      `${path} has its names, but oxfmt cannot format it: ${error.message}. Leave out --format.`,
    );
  };
}
