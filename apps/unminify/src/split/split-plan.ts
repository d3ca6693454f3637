/**
 * Which modules of a bundle can be files of their own. A function may leave the place where it stands
 * only if nothing in it means something else elsewhere: it reads no variable of the code around, no
 * `this` of it, and none of the names that Node.js gives to each file. What cannot leave stays where it is.
 */
import type { Module, ModuleMap } from "../modules/module-finder.ts";
import type { FinalNames } from "../rename/assign-names.ts";
import type { Analysis } from "../scope/analyse.ts";
import { FREE, KEPT } from "../scope/tables.ts";
import { UnminifyError } from "../unminify-error.ts";

/** A module and where it goes. */
export interface PlannedModule extends Module {
  /** Name of its file; undefined where it stays. */
  readonly file: string | undefined;
  /** Why it stays. */
  readonly reason: string | undefined;
}

/** A bundle as it is cut. */
export interface SplitPlan {
  readonly map: ModuleMap;
  readonly modules: readonly PlannedModule[];
}

/** What Node.js calls differently in each file, and what sees every name around it. */
const FILE_NAMES = ["require", "module", "exports", "__filename", "__dirname", "eval"];
const MAX_FILE_NAME = 60;

/** The map of a bundle that is to be split. @throws UnminifyError `BAD_INPUT` where there is none. */
export function mapOf(input: string, { modules }: Analysis): ModuleMap {
  if (modules !== undefined) return modules;
  throw new UnminifyError(
    "BAD_INPUT",
    `${input} cannot be split: it has no module map (webpack's or Browserify's), all its modules share one scope. ` +
      "Leave out --split; --report shows its larger parts.",
  );
}

/** Says what goes where. @throws UnminifyError `BAD_INPUT` where no module can leave its place. */
export function planSplit(input: string, analysis: Analysis, final: FinalNames): SplitPlan {
  const map = mapOf(input, analysis);
  const around = reasonAround(analysis, final, map);
  const fileOf = fileNames();
  const modules = map.modules.map((module) => {
    const reason = around ?? reasonIn(analysis, module);
    return { ...module, reason, file: reason === undefined ? fileOf(module.id) : undefined };
  });
  if (modules.every(({ file }) => file === undefined))
    throw new UnminifyError(
      "BAD_INPUT",
      `${input} cannot be split: each of its ${modules.length} modules ${modules[0]?.reason ?? ""}. Leave out --split.`,
    );
  return { map, modules };
}

/** What holds every module back: the code around the map decides what names mean in it, or needs `require` for itself. */
function reasonAround(analysis: Analysis, final: FinalNames, map: ModuleMap): string | undefined {
  const { bindings, scopes } = analysis;
  const at = map.modules[0]?.start ?? 0;
  let isSeen = false;
  for (let binding = 1; binding < bindings.size; binding++) {
    const scope = bindings.scopes.get(binding);
    if (scopes.starts.get(scope) > at || scopes.ends.get(scope) < at) continue;
    if ((bindings.kept.get(binding) & KEPT.seenByWith) !== 0) return "stands where a with decides what names mean";
    isSeen ||= (bindings.kept.get(binding) & KEPT.seenByEval) !== 0;
    if (final.textOf(binding) === "require") return "stands where require is the bundle's own";
  }
  // One within a module declares within that module.
  return isSeen && hasEvalAround(analysis, map) ? "stands where a direct eval may declare what it reads" : undefined;
}

function hasEvalAround({ occurrences, names, order }: Analysis, { modules }: ModuleMap): boolean {
  const free = (FREE | (names.find("eval") ?? 0)) >>> 0;
  let module = 0;
  for (const index of order) {
    const position = occurrences.positions.get(index);
    while (position >= (modules[module]?.end ?? Number.POSITIVE_INFINITY)) module++;
    const isInside = position >= (modules[module]?.start ?? Number.POSITIVE_INFINITY);
    if (!isInside && occurrences.targets.get(index) === free) return true;
  }
  return false;
}

function reasonIn({ occurrences, bindings, scopes, names, order }: Analysis, module: Module): string | undefined {
  if (module.seesThis) return "reads this or arguments of the code around it";
  const fileNames = new Set(FILE_NAMES.map((name) => names.find(name)));
  for (let place = placeFrom(occurrences.positions, order, module.start); place < order.length; place++) {
    const index = order[place] ?? 0;
    if (occurrences.positions.get(index) >= module.end) break;
    const target = occurrences.targets.get(index);
    const name = target & ~FREE;
    if ((target & FREE) === 0) {
      const scope = bindings.scopes.get(target);
      if (scopes.starts.get(scope) < module.start)
        return `reads ${names.nameOf(bindings.names.get(target))} of the code around it`;
    } else if (fileNames.has(name)) return `reads ${names.nameOf(name)}, which is another in each file`;
  }
  return undefined;
}

function placeFrom(positions: Analysis["occurrences"]["positions"], order: Uint32Array, start: number): number {
  let low = 0;
  let high = order.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (positions.get(order[middle] ?? 0) < start) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Names of files by the modules' keys, each once, also where capitals do not count. */
function fileNames(): (id: string) => string {
  const taken = new Set<string>();
  return (id) => {
    const base = `module-${id.replaceAll(/[^\w.-]+/g, "-").replaceAll(/^-+|-+$/g, "")}`.slice(0, MAX_FILE_NAME);
    let name = base;
    for (let number = 2; taken.has(name.toLowerCase()); number++) name = `${base}-${number}`;
    taken.add(name.toLowerCase());
    return `${name}.cjs`;
  };
}
