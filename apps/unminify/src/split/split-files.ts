/**
 * A bundle as files: an index that requires each module where its function stood, a file for each, and
 * a list of what was cut where. Nothing else changes, so the pieces put together again are the bundle
 * byte for byte; {@link joinSplit} does that, and each run checks it.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ModuleMapKind } from "../modules/module-finder.ts";
import { type EditedText, PieceWriter, unwritable, type WrittenFile } from "../source/write-file.ts";
import type { Encoding } from "../source/source.ts";
import { UnminifyError } from "../unminify-error.ts";
import type { PlannedModule, SplitPlan } from "./split-plan.ts";

/** Runs as the bundle did, in Node.js or through a bundler. */
const INDEX = "index.cjs";
/** What was cut where. */
const LIST = "modules.json";
const SCHEMA = "unminify.split/1";

type Range = readonly [start: number, end: number];

interface SplitList {
  readonly schema: typeof SCHEMA;
  readonly kind: ModuleMapKind;
  readonly index: typeof INDEX;
  /** In the order of the bundle; offsets in bytes. */
  readonly modules: readonly {
    readonly id: string;
    readonly file: string;
    /** Of the index: what stands where the module was. */
    readonly hole: Range;
    /** Of the file: the module itself. */
    readonly text: Range;
  }[];
  /** Modules that are still in the index, and why. */
  readonly kept: readonly { readonly id: string; readonly reason: string }[];
}

/**
 * Writes a bundle in parts. The folder appears when it is complete.
 *
 * @throws UnminifyError `UNWRITABLE`, also where the folder holds something.
 */
export function writeSplit(folder: string, text: EditedText, encoding: Encoding, plan: SplitPlan): WrittenFile {
  refuseWhereFull(folder);
  const draft = `${folder}.${process.pid}.part`;
  try {
    mkdirSync(draft, { recursive: true });
    const modules: SplitList["modules"][number][] = [];
    let [bytes, pieces] = [0, 0];
    using index = new PieceWriter(join(draft, INDEX), encoding);
    for (const module of plan.modules) {
      const { id, file, start, end } = module;
      if (file === undefined) continue;
      index.write(text.until(start));
      const hole = range(index, [holeOf(module, file, plan.map.isKeyed)]);
      using own = new PieceWriter(join(draft, file), encoding);
      own.write([plan.map.isStrict ? '"use strict";\n' : "", `module.exports = ${plan.map.isKeyed ? "{\n" : ""}`]);
      const cut = range(own, text.until(end));
      own.write([plan.map.isKeyed ? "\n};\n" : ";\n"]);
      modules.push({ id, file, hole, text: cut });
      [bytes, pieces] = [bytes + own.bytes, pieces + own.pieces];
    }
    index.write(text.until());
    const kept = plan.modules.flatMap(({ id, reason }) => (reason === undefined ? [] : [{ id, reason }]));
    const list: SplitList = { schema: SCHEMA, kind: plan.map.kind, index: INDEX, modules, kept };
    writeFileSync(join(draft, LIST), `${JSON.stringify(list, undefined, 1)}\n`);
    rmSync(folder, { recursive: true, force: true });
    renameSync(draft, folder);
    return { bytes: bytes + index.bytes, pieces: pieces + index.pieces, ends: [] };
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw unwritable(folder, error);
  }
}

/** What stands in the index: the same property, so that the function has the same name and the map the same order. */
function holeOf({ id }: PlannedModule, file: string, isKeyed: boolean): string {
  const key = JSON.stringify(id);
  return isKeyed ? `\n${key}: require("./${file}")[${key}]` : `\nrequire("./${file}")`;
}

function range(writer: PieceWriter, pieces: Iterable<string>): Range {
  const start = writer.bytes;
  writer.write(pieces);
  return [start, writer.bytes];
}

function refuseWhereFull(folder: string): void {
  const status = statSync(folder, { throwIfNoEntry: false });
  if (status === undefined || (status.isDirectory() && readdirSync(folder).length === 0)) return;
  throw new UnminifyError("UNWRITABLE", `${folder} holds something already. Give -o a folder that does not exist yet.`);
}

/**
 * Puts a bundle together again from its parts.
 *
 * @param folder - what a run with `--split` wrote.
 * @throws UnminifyError `BAD_INPUT` where parts are missing.
 */
export function joinSplit(folder: string, encoding: Encoding = "utf8"): string {
  try {
    const list = JSON.parse(readFileSync(join(folder, LIST), "utf8")) as SplitList;
    const size = list.modules.reduce(
      (sum, { hole, text }) => sum + (text[1] - text[0]) - (hole[1] - hole[0]),
      statSync(join(folder, list.index)).size,
    );
    const whole = Buffer.allocUnsafeSlow(size);
    const index = readFileSync(join(folder, list.index));
    let [at, from] = [0, 0];
    for (const { file, hole, text } of list.modules) {
      at += index.copy(whole, at, from, hole[0]);
      at += readFileSync(join(folder, file)).copy(whole, at, text[0], text[1]);
      from = hole[1];
    }
    at += index.copy(whole, at, from);
    return whole.toString(encoding, 0, at);
  } catch (error) {
    throw new UnminifyError("BAD_INPUT", `${folder} is no bundle in parts: ${String(error)}.`, error);
  }
}
