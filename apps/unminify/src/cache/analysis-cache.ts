/**
 * What the analysis of a file found, kept by the file's content, so that later runs need not read it
 * again: with other options, or after one that was stopped.
 */
import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { endianness } from "node:os";
import { join } from "node:path";
import { Evidence, EVIDENCE } from "../naming/evidence.ts";
import type { Analysis, SourceType } from "../scope/analyse.ts";
import { MODULE_MAP_KINDS, type Module, type ModuleMap } from "../modules/module-finder.ts";
import type { Column } from "../scope/columns.ts";
import { emptyTables, type Tables, type Written } from "../scope/tables.ts";
import type { Encoding, Source } from "../source/source.ts";
import { UnminifyError } from "../unminify-error.ts";
import { readTables, writeTables } from "./table-file.ts";

/** Goes up with every change of what an analysis yields. */
const FORMAT = 3;
const HASHED_CHARACTERS = 64 * 1024;
const ENCODINGS: readonly Encoding[] = ["latin1", "utf8"];

/** Analyses in a folder. */
export class AnalysisCache {
  readonly #path: string;

  /** @throws UnminifyError `UNWRITABLE` when the folder cannot be made. */
  constructor(folder: string, bytes: Source, sourceType: SourceType) {
    try {
      mkdirSync(folder, { recursive: true });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new UnminifyError("UNWRITABLE", `--disk-cache ${folder} cannot be made: ${reason}.`, error);
    }
    this.#path = join(folder, `${keyOf(bytes, sourceType)}.names`);
  }

  /** What is known of the file, and as what it must be read; undefined where that is nothing. */
  load(): { analysis: Analysis; encoding: Encoding } | undefined {
    const stored = readTables(this.#path);
    if (stored === undefined) return undefined;
    const tables = emptyTables();
    const evidence = new Evidence();
    const [state, order, bodies, escaped, written, modules, ...columns] = stored.columns;
    const targets = columnsOf({ ...tables, evidence });
    const encoding = ENCODINGS[state?.[0] ?? -1];
    if (!order || !bodies || !escaped || !written || !modules || !encoding || columns.length !== targets.length)
      return undefined;
    for (const name of stored.names) tables.names.idOf(name);
    for (const [index, target] of targets.entries()) target.fill(columns[index] ?? new Uint32Array());
    for (const body of bodies) tables.scopes.bodies.add(body);
    for (let at = 0; at < escaped.length; at += 2)
      tables.occurrences.escaped.set(escaped[at] ?? 0, escaped[at + 1] ?? 0);
    for (let at = 0; at < written.length; at += 2)
      tables.occurrences.written.set(written[at] ?? 0, (written[at + 1] ?? 0) as Written);
    return { analysis: { ...tables, evidence, order, modules: mapOf(modules, tables) }, encoding };
  }

  /** Keeps an analysis. @throws UnminifyError `UNWRITABLE`. */
  save(analysis: Analysis, encoding: Encoding): void {
    const { names, occurrences, scopes, order } = analysis;
    const modules = columnOf(analysis);
    writeTables(
      this.#path,
      Array.from({ length: names.size }, (_, id) => names.nameOf(id)),
      [
        Uint32Array.of(ENCODINGS.indexOf(encoding)),
        order,
        Uint32Array.from(scopes.bodies),
        Uint32Array.from([...occurrences.escaped].flat()),
        Uint32Array.from([...occurrences.written].flat()),
        modules,
        ...columnsOf(analysis).map((column) => column.view()),
      ],
    );
  }
}

function columnsOf({
  occurrences,
  bindings,
  scopes,
  evidence,
}: Omit<Analysis, "order" | "modules">): readonly Column[] {
  return [
    occurrences.positions,
    occurrences.targets,
    ...bindings.columns(),
    scopes.parents,
    scopes.starts,
    scopes.ends,
    ...evidence.columns(),
  ];
}

function keyOf({ text, encoding }: Source, sourceType: SourceType): string {
  const hash = createHash("sha256").update(JSON.stringify([FORMAT, sourceType, endianness(), Object.keys(EVIDENCE)]));
  for (let at = 0; at < text.length; at += HASHED_CHARACTERS)
    hash.update(text.slice(at, at + HASHED_CHARACTERS), encoding);
  return hash.digest("hex").slice(0, 32);
}

const MAP_BITS = { keyed: 1, strict: 2 } as const;
/** Numbers of a module. */
const MODULE_COLUMNS = 6;

/** The module map in numbers: what made it, its bits, then the numbers of each module; empty without one. */
function columnOf({ modules: map, names }: Analysis): Uint32Array<ArrayBuffer> {
  if (!map) return new Uint32Array();
  const rows = map.modules.flatMap(({ id, start, end, seesThis, firstParameter, parameterCount }) => [
    names.idOf(id),
    start,
    end,
    Number(seesThis),
    firstParameter,
    parameterCount,
  ]);
  const bits = (map.isKeyed ? MAP_BITS.keyed : 0) | (map.isStrict ? MAP_BITS.strict : 0);
  return Uint32Array.from([MODULE_MAP_KINDS.indexOf(map.kind), bits, ...rows]);
}

function mapOf(column: Uint32Array, { names }: Tables): ModuleMap | undefined {
  const kind = MODULE_MAP_KINDS[column[0] ?? -1];
  if (kind === undefined) return undefined;
  const [, mapBits = 0] = column;
  const modules: Module[] = [];
  for (let at = 2; at < column.length; at += MODULE_COLUMNS) {
    const [name = 0, start = 0, end = 0, seesThis, firstParameter = 0, parameterCount = 0] = column.subarray(at);
    modules.push({ id: names.nameOf(name), start, end, seesThis: seesThis === 1, firstParameter, parameterCount });
  }
  return { kind, isKeyed: (mapBits & MAP_BITS.keyed) !== 0, isStrict: (mapBits & MAP_BITS.strict) !== 0, modules };
}
