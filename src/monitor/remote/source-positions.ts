/**
 * From positions in built files to positions in the user's own: reads the `sourceMappingURL` on disk,
 * as data or as a file beside, and looks the position up. Equal positions share one object, as
 * profiles of one program repeat them thousands of times.
 */
import { closeSync, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { SourceMap } from "node:module";
import { dirname, isAbsolute, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { AllocationSite, CodeLocation } from "../../base/wire.ts";

/** Larger maps would cost the watcher several times their size. */
const MAX_MAP_BYTES = 24 << 20;
const MAX_MAPS = 8;
const MAX_LOCATIONS = 20_000;
/** The comment is the last line; inline data makes that line as long as the map. */
const TAIL_BYTES = 4096;

interface LoadedMap {
  readonly map: SourceMap;
  /** What the map's sources are relative to. */
  readonly directory: string;
}

/** Maps positions of one program, remembering files and answers. */
export class SourcePositions {
  readonly #maps = new Map<string, LoadedMap | undefined>();
  readonly #locations = new Map<string, CodeLocation>();

  /** The site with all its positions mapped. */
  mapSite(site: AllocationSite): AllocationSite {
    return { ...site, where: this.map(site.where), callers: site.callers.map((caller) => this.map(caller)) };
  }

  /** The position in the original file, or the same where no map tells. */
  map(location: CodeLocation): CodeLocation {
    const key = `${location.file}:${location.line}:${location.column}:${location.function}`;
    const known = this.#locations.get(key);
    if (known !== undefined) return known;
    const mapped = this.#lookUp(location);
    if (this.#locations.size >= MAX_LOCATIONS) this.#locations.clear();
    this.#locations.set(key, mapped);
    return mapped;
  }

  #lookUp(location: CodeLocation): CodeLocation {
    const loaded = this.#load(location.file);
    const origin = loaded?.map.findEntry(location.line - 1, location.column - 1);
    if (loaded === undefined || origin === undefined || !("originalSource" in origin) || !origin.originalSource) {
      return location;
    }
    const file = resolveSource(origin.originalSource, loaded);
    return { ...location, file, line: origin.originalLine + 1, column: origin.originalColumn + 1 };
  }

  #load(file: string): LoadedMap | undefined {
    if (!isAbsolute(file) || !/\.[cm]?jsx?$/.test(file)) return undefined;
    if (this.#maps.has(file)) return this.#maps.get(file);
    const loaded = readMap(file);
    if (this.#maps.size >= MAX_MAPS) this.#maps.delete([...this.#maps.keys()][0] ?? "");
    this.#maps.set(file, loaded);
    return loaded;
  }
}

function readMap(file: string): LoadedMap | undefined {
  try {
    const url = findMappingUrl(file);
    if (url === undefined) return undefined;
    const data = /^data:application\/json[^,]*?(;base64)?,(.*)$/s.exec(url);
    if (data) return parseMap(Buffer.from(data[2] ?? "", data[1] ? "base64" : "utf8").toString(), dirname(file));
    const path = url.startsWith("file:") ? fileURLToPath(url) : resolve(dirname(file), decodeURIComponent(url));
    const text = readUpTo(path);
    return text === undefined ? undefined : parseMap(text, dirname(path));
  } catch {
    // A map that is missing or broken is no map: the built position is still true.
    return undefined;
  }
}

function parseMap(text: string, directory: string): LoadedMap {
  // Some tools guard the map with a first line that is no JSON.
  return { map: new SourceMap(JSON.parse(text.replace(/^\)\]\}'[^\n]*\n/, ""))), directory };
}

function findMappingUrl(file: string): string | undefined {
  const tail = readTail(file);
  const pattern = /^[ \t]*\/[/*][#@][ \t]*sourceMappingURL=([^\s*]+)/gm;
  const found = [...tail.matchAll(pattern)].pop()?.[1];
  if (found !== undefined) return found;
  // No line start within the tail: the last line is a long one, perhaps inline data.
  if (tail.trimEnd().includes("\n")) return undefined;
  return [...(readUpTo(file) ?? "").matchAll(pattern)].pop()?.[1];
}

function readTail(file: string): string {
  const descriptor = openSync(file, "r");
  try {
    const { size } = fstatSync(descriptor);
    const buffer = Buffer.alloc(Math.min(size, TAIL_BYTES));
    readSync(descriptor, buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString();
  } finally {
    closeSync(descriptor);
  }
}

function readUpTo(file: string): string | undefined {
  const descriptor = openSync(file, "r");
  try {
    return fstatSync(descriptor).size > MAX_MAP_BYTES ? undefined : readFileSync(descriptor, "utf8");
  } finally {
    closeSync(descriptor);
  }
}

function resolveSource(source: string, { map, directory }: LoadedMap): string {
  if (source.startsWith("file:")) return fileURLToPath(source);
  if (/^[a-z][a-z0-9+.-]+:/i.test(source)) return source;
  return resolve(directory, map.payload.sourceRoot ?? "", source);
}
