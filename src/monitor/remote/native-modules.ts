/**
 * Native code that a program has loaded and that is no part of the system or of Node: addons and the libraries
 * that came with them, each with the package that brought it.
 */
import { readFileSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative } from "node:path";
import type { ClassifiedRegion } from "../../probe/regions.ts";
import type { NativeModule } from "./recording.ts";

const SYSTEM = /^\/(usr\/)?lib(32|64|x32)?\/(?!node_modules\/)|^\/nix\/store\/[^/]*-glibc-/;
/** In system folders too: where npm installs what is global. */
const PACKAGED = /\/node_modules\//;
const MAX_MODULES = 64;
const MAX_STEPS = 8;

interface Owner {
  readonly packageName?: string;
  readonly packageVersion?: string;
}

const owners = new Map<string, Owner>();
const MAX_OWNERS = 500;

/**
 * Lists them, those with most memory first.
 *
 * @param cwd - the program's directory: paths inside are given relative to it.
 */
export function listModules(regions: readonly ClassifiedRegion[], cwd: string | undefined): NativeModule[] {
  const rssByPath = new Map<string, number>();
  for (const { kind, name, rssBytes } of regions) {
    if (kind === "file" && isModule(name)) rssByPath.set(name, (rssByPath.get(name) ?? 0) + rssBytes);
  }
  return [...rssByPath]
    .sort((a, b) => b[1] - a[1])
    .slice(0, MAX_MODULES)
    .map(([path, rssBytes]) => ({
      path: shorten(path, cwd),
      isAddon: path.endsWith(".node"),
      ...ownerOf(path),
      rssBytes,
    }));
}

function isModule(path: string): boolean {
  if (path.endsWith(".node")) return true;
  return /\.so(\.\d+)*$/.test(basename(path)) && (PACKAGED.test(path) || !SYSTEM.test(path));
}

function shorten(path: string, cwd: string | undefined): string {
  if (cwd === undefined) return path;
  const inside = relative(cwd, path);
  return inside.startsWith("..") || isAbsolute(inside) ? path : inside;
}

function ownerOf(path: string): Owner {
  const known = owners.get(path);
  if (known !== undefined) return known;
  let owner: Owner = {};
  let directory = dirname(path);
  for (let step = 0; step < MAX_STEPS && owner.packageName === undefined; step += 1) {
    owner = readOwner(join(directory, "package.json"));
    if (directory === dirname(directory)) break;
    directory = dirname(directory);
  }
  if (owners.size < MAX_OWNERS) owners.set(path, owner);
  return owner;
}

function readOwner(file: string): Owner {
  try {
    const text: unknown = JSON.parse(readFileSync(file, "utf8"));
    const { name, version } = (text ?? {}) as { name?: unknown; version?: unknown };
    if (typeof name !== "string") return {};
    return { packageName: name, ...(typeof version === "string" ? { packageVersion: version } : {}) };
  } catch {
    return {};
  }
}
