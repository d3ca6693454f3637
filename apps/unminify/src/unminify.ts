/**
 * A bundle from file to file: read, find out who declares what, name, write, and check that nothing
 * but names has changed. Each phase lets go of what the next does not need.
 */
import { performance } from "node:perf_hooks";
import { analyse, type Analysis, type SourceType } from "./scope/analyse.ts";
import { proposeNames } from "./naming/offline-names.ts";
import type { ModuleMapKind } from "./modules/module-finder.ts";
import type { NameProposals } from "./naming/proposals.ts";
import { assignNames, type FinalNames } from "./rename/assign-names.ts";
import { edits } from "./rename/edits.ts";
import { KEPT } from "./scope/tables.ts";
import { estimate, type Estimate } from "./source/estimate.ts";
import { NeedsCharacters, readSource, type Source } from "./source/source.ts";
import { DEFAULT_CHUNK_CHARACTERS, EditedText, isDevice, writePieces, type WrittenFile } from "./source/write-file.ts";
import { UnminifyError } from "./unminify-error.ts";
import { signature } from "./verify/signature.ts";

/** The steps of a run, in order. */
export const PHASES = ["read", "analyse", "name", "write", "verify", "format"] as const;

/** One of {@link PHASES}. */
export type PhaseName = (typeof PHASES)[number];

/** What a phase took. */
export interface PhaseCost {
  readonly phase: PhaseName;
  readonly milliseconds: number;
  /** Resident set when it ended, in bytes. */
  readonly rssBytes: number;
}

/** Proposes names, by number of the binding: from a source map, a language model, or the source itself. */
export type NameSource = (analysis: Analysis, source: Source) => NameProposals | Promise<NameProposals>;

/** How to rename. */
export interface UnminifyOptions {
  /** Default: told from the text (`import`/`export` at the top level make a module). */
  readonly sourceType?: SourceType;
  /** Peak resident set in bytes that must not be exceeded. Default: no limit. */
  readonly maxMemoryBytes?: number;
  /** Functions and classes keep their names, which programs can read. Default: false. */
  readonly keepFunctionNames?: boolean;
  /** Characters that are gathered before they are written. Default: 65,536; fewer where `maxMemoryBytes` leaves little room. */
  readonly chunkCharacters?: number;
  /** The output is a folder with a file for each module, and an index. Default: false. */
  readonly split?: boolean;
  /** Lines and indentation, by oxfmt where it is installed; not together with `split`. Default: false. */
  readonly format?: boolean;
  /** Reads the output again and compares. Default: true. */
  readonly verify?: boolean;
  /** Collects garbage between phases where Node.js runs with `--expose-gc`. Default: true. */
  readonly collect?: boolean;
  /** Told when a phase starts. */
  readonly onPhase?: (phase: PhaseName) => void;
  /** Told of every name when all are decided. */
  readonly onNamed?: (analysis: Analysis, final: FinalNames, proposals: NameProposals) => void;
  /** Names instead of the offline ones, by number of the binding. */
  readonly names?: NameSource;
  /** What `names` needs beside all else, in bytes. Default: 0. */
  readonly namesBytes?: number;
  /** Folder in which what is known of a file is kept by its content, for later runs. Default: none. */
  readonly cacheFolder?: string;
}

/** What a run did. */
export interface UnminifyResult {
  readonly input: string;
  readonly output: string;
  readonly inputBytes: number;
  readonly outputBytes: number;
  readonly sourceType: SourceType;
  readonly bindings: number;
  readonly occurrences: number;
  /** Bindings that have another name now. */
  readonly renamed: number;
  /** Bindings that keep their name because the outside, `eval` or `with` can see it. */
  readonly kept: number;
  /** What made the bundle and how many modules its map has; undefined where it has none. */
  readonly modules: { readonly kind: ModuleMapKind; readonly count: number } | undefined;
  /** Modules that have a file of their own now, and those that are still in the index; undefined where nothing was split. */
  readonly split: { readonly files: number; readonly kept: number } | undefined;
  /** Pieces in which it was written, and the bytes of the output behind the first 256 of them (of one file). */
  readonly chunks: { readonly count: number; readonly ends: readonly number[] };
  /** Bindings by what their new name was read from. */
  readonly evidence: Readonly<Record<string, number>>;
  readonly isVerified: boolean;
  readonly estimate: Estimate;
  readonly phases: readonly PhaseCost[];
}

/**
 * How often garbage is collected before a phase. What buffers held is freed beside the program, and a
 * second collection waits for that: the check reads a whole file at once.
 */
const COLLECTIONS: Partial<Record<PhaseName, number>> = { analyse: 1, name: 1, verify: 2 };
/** V8 holds the text of the last match, which may be the bundle, until the next. */
const FORGET = /^/;
const NAMES_ALONE = true;
const SHARE_OF_ROOM = 32;
const SMALLEST_CHUNK_CHARACTERS = 4096;
const IS_MODULE = /(?:^|[;}\n])\s*(?:import\s*[\w${*"']|export\s*(?:[{*]|default|const|let|var|function|class|async))/;

/**
 * Renames what a file declares and writes the result.
 *
 * @param input - path of the bundle.
 * @param output - path of the result; it appears only when it is complete.
 * @throws UnminifyError `BAD_INPUT`, `OVER_MEMORY` (before any work), `UNWRITABLE`, `NOT_EQUIVALENT`.
 */
export async function unminify(input: string, output: string, options: UnminifyOptions = {}): Promise<UnminifyResult> {
  const phases: PhaseCost[] = [];
  const phase: Phase = async (name, work) => {
    options.onPhase?.(name);
    // A buffer or a text that nobody needs any more goes only when V8 collects.
    FORGET.test("");
    if (options.collect !== false) for (let turn = 0; turn < (COLLECTIONS[name] ?? 0); turn++) globalThis.gc?.();
    const start = performance.now();
    const result = await work();
    phases.push({ phase: name, milliseconds: performance.now() - start, rssBytes: process.memoryUsage.rss() });
    return result;
  };
  const formatter = options.format === true ? await (await import("./source/format.ts")).loadFormatter() : undefined;
  const { expected, expectedOrder, encoding, ...result } = await rename(input, output, options, phase);
  // All that the renaming held has gone by now: the check needs no more than it did.
  if (expected !== undefined)
    await phase("verify", async () => verify(expected, await readAgain(result, encoding), result, options));
  if (formatter === undefined) return { ...result, isVerified: expected !== undefined, phases };
  const { bytes: outputBytes } = await phase("format", () => formatter(output, result.sourceType));
  if (expectedOrder !== undefined)
    await phase("verify", () => verify(expectedOrder, readSource(output, encoding), result, options, NAMES_ALONE));
  return { ...result, outputBytes, isVerified: expected !== undefined, phases };
}

type Phase = <T>(name: PhaseName, work: () => T | Promise<T>) => Promise<T>;

interface Renamed extends Omit<UnminifyResult, "isVerified" | "phases"> {
  /** Digest that the output must have, where it is checked. */
  readonly expected: string | undefined;
  /** The same of the order of its names alone, which is what a formatter leaves as it is. */
  readonly expectedOrder: string | undefined;
  readonly encoding: Source["encoding"];
}

async function rename(input: string, output: string, options: UnminifyOptions, phase: Phase): Promise<Renamed> {
  if (options.verify !== false && isDevice(output))
    throw new UnminifyError(
      "BAD_USAGE",
      `${output} cannot be read again to be checked: write to a file, or give --no-verify.`,
    );
  const bytes = await phase("read", () => readSource(input, "latin1"));
  const need = await predict(bytes, options);
  refuseAbove(options.maxMemoryBytes, need, input);
  const sourceType = options.sourceType ?? (IS_MODULE.test(bytes.text) ? "module" : "script");
  const { source, analysis } = await phase("analyse", () =>
    analyseOrRecall(bytes, sourceType, options.collect !== false, options.cacheFolder),
  );
  const split = options.split === true ? await import("./split/split-bundle.ts") : undefined;
  const avoided = split?.avoidedName(input, sourceType, analysis);
  const { final, proposals } = await phase("name", async () => {
    const proposals = (await options.names?.(analysis, source)) ?? proposeNames(analysis);
    const wish = wishes(analysis, proposals, options.keepFunctionNames ?? false);
    return { proposals, final: assignNames(analysis, wish, avoided) };
  });
  options.onNamed?.(analysis, final, proposals);
  const text = new EditedText(
    source.text,
    edits(analysis, final),
    options.chunkCharacters ?? chunkCharacters(options.maxMemoryBytes, need),
  );
  const written = await phase("write", (): WrittenFile & { split?: UnminifyResult["split"] } =>
    split
      ? split.writeSplit(input, output, text, source.encoding, analysis, final)
      : writePieces(output, text.until(), source.encoding),
  );
  return {
    ...counts(analysis, final, proposals),
    modules: analysis.modules && { kind: analysis.modules.kind, count: analysis.modules.modules.length },
    split: written.split,
    chunks: { count: written.pieces, ends: written.ends },
    input,
    output,
    inputBytes: source.bytes,
    outputBytes: written.bytes,
    sourceType,
    estimate: need,
    expected: options.verify === false ? undefined : signature(source.text, analysis),
    expectedOrder:
      options.verify === false || options.format !== true ? undefined : signature(source.text, analysis, NAMES_ALONE),
    encoding: source.encoding,
  };
}

/** The cache is loaded only where it is asked for. */
async function analyseOrRecall(
  bytes: Source,
  sourceType: SourceType,
  collect: boolean,
  cacheFolder: string | undefined,
): Promise<Analysed> {
  if (cacheFolder === undefined) return analyseFile(bytes, sourceType, collect);
  const { AnalysisCache } = await import("./cache/analysis-cache.ts");
  const cache = new AnalysisCache(cacheFolder, bytes, sourceType);
  const known = cache.load();
  if (known !== undefined) {
    const source = known.encoding === bytes.encoding ? bytes : readSource(bytes.path, known.encoding);
    return { source, analysis: known.analysis };
  }
  const found = analyseFile(bytes, sourceType, collect);
  cache.save(found.analysis, found.source.encoding);
  return found;
}

interface Analysed {
  readonly source: Source;
  readonly analysis: Analysis;
}

/** Byte by byte first; decoded where characters beyond ASCII mean more than themselves. */
function analyseFile(bytes: Source, sourceType: SourceType, collect: boolean): Analysed {
  try {
    return { source: bytes, analysis: analyseSource(bytes, sourceType, collect) };
  } catch (error) {
    if (!(error instanceof NeedsCharacters || hasBytes(bytes.text))) throw notReadable(error, bytes.path);
  }
  const source = readSource(bytes.path, "utf8");
  try {
    return { source, analysis: analyseSource(source, sourceType, collect) };
  } catch (error) {
    throw notReadable(error, bytes.path);
  }
}

function analyseSource(source: Source, sourceType: SourceType, collect: boolean, isCompared = false): Analysis {
  return analyse(source.text, sourceType, { areBytes: source.encoding === "latin1", collect, isCompared });
}

function hasBytes(text: string): boolean {
  return /[\u0080-\u00FF]/.test(text);
}

/** A piece exists as text and as bytes: it takes a small share of the room that is left. */
function chunkCharacters(maxMemoryBytes: number | undefined, { peakBytes }: Estimate): number {
  if (maxMemoryBytes === undefined) return DEFAULT_CHUNK_CHARACTERS;
  const share = (maxMemoryBytes - peakBytes) / SHARE_OF_ROOM;
  return Math.min(DEFAULT_CHUNK_CHARACTERS, Math.max(SMALLEST_CHUNK_CHARACTERS, Math.floor(share)));
}

async function predict(bytes: Source, options: UnminifyOptions): Promise<Estimate> {
  const { words, peakBytes } = estimate(bytes, options.collect !== false);
  const forFormat =
    options.format === true ? (await import("./source/format.ts")).formatBytes({ words }, bytes.text.length) : 0;
  return { words, peakBytes: peakBytes + (options.namesBytes ?? 0) + forFormat };
}

function refuseAbove(maxMemoryBytes: number | undefined, { peakBytes, words }: Estimate, input: string): void {
  if (maxMemoryBytes === undefined || peakBytes <= maxMemoryBytes) return;
  const [need, limit] = [peakBytes, maxMemoryBytes].map((bytes) => `${Math.ceil(bytes / 2 ** 20)} MB`);
  throw new UnminifyError(
    "OVER_MEMORY",
    `${input} has ${words} words and needs about ${need}, more than the ${limit} that --max-memory allows. ` +
      `Nothing was done. Give it --max-memory ${need?.replace(" MB", "mb")}.`,
  );
}

function notReadable(error: unknown, input: string): Error {
  if (error instanceof SyntaxError)
    return new UnminifyError("BAD_INPUT", `${input} cannot be parsed: ${error.message}.`, error);
  return error instanceof Error ? error : new Error(String(error));
}

/** Functions and classes that keep their names are settled before anything else is named. */
function wishes(
  { bindings }: Analysis,
  proposals: NameProposals,
  keepFunctionNames: boolean,
): (root: number) => number | undefined {
  if (keepFunctionNames)
    for (let binding = 1; binding < bindings.size; binding++)
      if (/function|class/.test(bindings.kindOf(binding))) bindings.keep(binding, KEPT.special);
  return (root) => proposals.get(root)?.name;
}

function counts(
  analysis: Analysis,
  final: FinalNames,
  proposals: NameProposals,
): Pick<UnminifyResult, "bindings" | "occurrences" | "renamed" | "kept" | "evidence"> {
  const { bindings, names } = analysis;
  const evidence: Record<string, number> = {};
  let renamed = 0;
  let kept = 0;
  for (let binding = 1; binding < bindings.size; binding++) {
    if (bindings.kept.get(binding) !== 0) kept++;
    if (final.textOf(binding) === names.nameOf(bindings.names.get(binding))) continue;
    renamed++;
    const kind = proposals.get(bindings.root(binding))?.kind ?? "out of the way of others";
    evidence[kind] = (evidence[kind] ?? 0) + 1;
  }
  return { bindings: bindings.size - 1, occurrences: analysis.order.length, renamed, kept, evidence };
}

/** What was written, put together where it is in parts. */
async function readAgain({ output, split }: UnminifiedFile, encoding: Source["encoding"]): Promise<Source> {
  if (split === undefined) return readSource(output, encoding);
  const { joinSplit } = await import("./split/split-files.ts");
  const text = joinSplit(output, encoding);
  return { path: output, text, encoding, bytes: text.length };
}

type UnminifiedFile = Pick<UnminifyResult, "output" | "sourceType" | "split">;

function verify(
  expected: string,
  written: Source,
  { output, sourceType }: UnminifiedFile,
  options: UnminifyOptions,
  isNamesAlone = false,
): void {
  const collect = options.collect !== false;
  if (collect) globalThis.gc?.();
  const analysis = analyseSource(written, sourceType, collect, true);
  if (signature(written.text, analysis, isNamesAlone) === expected) return;
  throw new UnminifyError(
    "NOT_EQUIVALENT",
    `${output} differs from the input in more than its names: this is a defect of unminify. Do not use the file, and report it.`,
  );
}
