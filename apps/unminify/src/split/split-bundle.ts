/**
 * Splitting as a run sees it; loaded only where it is asked for.
 */
import type { AvoidedName, FinalNames } from "../rename/assign-names.ts";
import type { Analysis, SourceType } from "../scope/analyse.ts";
import type { Encoding } from "../source/source.ts";
import type { EditedText, WrittenFile } from "../source/write-file.ts";
import { UnminifyError } from "../unminify-error.ts";
import * as files from "./split-files.ts";
import { mapOf, planSplit } from "./split-plan.ts";

/**
 * The name that must stay free where the modules are.
 *
 * @throws UnminifyError `BAD_INPUT` where there is nothing to split.
 */
export function avoidedName(input: string, sourceType: SourceType, analysis: Analysis): AvoidedName {
  const { modules } = mapOf(input, analysis);
  if (sourceType === "module")
    throw new UnminifyError(
      "BAD_INPUT",
      `${input} is an ES module, and its parts would be CommonJS files. Leave out --split.`,
    );
  return { name: "require", at: modules[0]?.start ?? 0 };
}

/** Writes a bundle in parts. @throws UnminifyError as `planSplit` and `writeSplit` do. */
export function writeSplit(
  input: string,
  folder: string,
  text: EditedText,
  encoding: Encoding,
  analysis: Analysis,
  final: FinalNames,
): WrittenFile & { readonly split: { readonly files: number; readonly kept: number } } {
  const plan = planSplit(input, analysis, final);
  const own = plan.modules.filter(({ file }) => file !== undefined).length;
  const written = files.writeSplit(folder, text, encoding, plan);
  return { ...written, split: { files: own, kept: plan.modules.length - own } };
}
