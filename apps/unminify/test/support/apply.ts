/** Applies the edits of a renaming to a text in memory. */
import type { FinalNames } from "../../src/rename/assign-names.ts";
import { edits } from "../../src/rename/edits.ts";
import type { Analysis } from "../../src/scope/analyse.ts";

/** The text with its final names. */
export function apply(text: string, analysis: Analysis, final: FinalNames): string {
  let at = 0;
  let output = "";
  for (const { position, length, text: replacement } of edits(analysis, final)) {
    output += text.slice(at, position) + replacement;
    at = position + length;
  }
  return output + text.slice(at);
}
