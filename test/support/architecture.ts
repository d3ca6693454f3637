/**
 * Reads what the architecture test judges: the imports of every source file, types included, found
 * with the TypeScript parser, and breaches of the house rules. Pure functions over texts, so that
 * the rules themselves can be tested with small bad inputs.
 */
import { posix } from "node:path";
import ts from "typescript";

/** Source files by their path from the repository's root, with forward slashes. */
export type Sources = ReadonlyMap<string, string>;

/** Who may import whom; a part may always import itself. */
export const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  base: [],
  probe: ["base"],
  monitor: ["base", "probe"],
  heap: ["base", "probe"],
  scope: ["base", "probe"],
  budget: ["base", "probe", "monitor", "scope"],
  diagnose: ["base", "probe", "monitor", "heap"],
  history: ["base"],
  supervise: ["base", "probe", "monitor", "diagnose", "budget", "scope"],
  testing: ["base", "probe", "monitor", "heap", "scope", "diagnose"],
  preload: ["base", "probe"],
  cli: ["base", "probe", "monitor", "heap", "scope", "budget", "diagnose", "history", "supervise", "preload"],
  "index.ts": ["base", "monitor", "heap", "scope", "budget", "diagnose", "history", "supervise"],
};

const FORBIDDEN_FOLDERS = new Set(["utils", "util", "common", "misc", "helpers", "helper", "shared", "lib"]);
const MAX_LINES = 400;
/** What anybody may ask of a standard stream. */
const ASKS_A_STREAM = new Set(["isTTY", "columns", "fd"]);
const MIN_HEADER_CHARACTERS = 50;

/** One import or re-export. */
export interface Import {
  readonly specifier: string;
  /** True when it vanishes at run time. */
  readonly typeOnly: boolean;
  /** True for `import()` and `require()` inside the code. */
  readonly lazy: boolean;
}

/** Every import of a file: static, dynamic, `require`, and `import("…")` in types. */
export function importsOf(path: string, text: string): Import[] {
  const found: Import[] = [];
  const add = (node: ts.Node | undefined, typeOnly: boolean, lazy: boolean): void => {
    if (node && ts.isStringLiteralLike(node)) found.push({ specifier: node.text, typeOnly, lazy });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      const { importClause } = node;
      const named = importClause?.namedBindings;
      const allTypes =
        importClause?.name === undefined &&
        named !== undefined &&
        ts.isNamedImports(named) &&
        named.elements.length > 0 &&
        named.elements.every((element) => element.isTypeOnly);
      add(node.moduleSpecifier, importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword || allTypes, false);
    } else if (ts.isExportDeclaration(node)) {
      add(node.moduleSpecifier, node.isTypeOnly, false);
    } else if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference)) {
      add(node.moduleReference.expression, node.isTypeOnly, false);
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(node.argument.literal, true, false);
    } else if (ts.isCallExpression(node)) {
      const isRequire = ts.isIdentifier(node.expression) && node.expression.text === "require";
      if (isRequire || node.expression.kind === ts.SyntaxKind.ImportKeyword) add(node.arguments[0], false, true);
    }
    ts.forEachChild(node, visit);
  };
  visit(parse(path, text));
  return found;
}

function parse(path: string, text: string): ts.SourceFile {
  return ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
}

/** The part that a file belongs to: the folder below `src`, or the file itself at its top. */
function partOf(path: string): string {
  return path.split("/")[1] ?? "";
}

/** The source file that a relative specifier names; CommonJS sources may name the output, `.cjs`. */
function resolve(from: string, specifier: string): string {
  return posix.join(posix.dirname(from), specifier.replace(/\.cjs$/, ".cts"));
}

/** Breaches of the direction of imports, and imports of files that do not exist. */
export function forbiddenImports(sources: Sources): string[] {
  const breaches: string[] = [];
  for (const [path, text] of sources) {
    const part = partOf(path);
    const allowed = ALLOWED[part];
    if (!allowed) {
      breaches.push(`${path}: src/${part} is no part that DESIGN knows`);
      continue;
    }
    for (const { specifier } of importsOf(path, text)) {
      if (!specifier.startsWith(".")) continue;
      const target = resolve(path, specifier);
      const targetPart = partOf(target);
      if (!sources.has(target)) breaches.push(`${path}: imports ${specifier}, which is no source file`);
      else if (targetPart !== part && !allowed.includes(targetPart)) {
        breaches.push(`${path}: ${part} may not import ${targetPart} (${specifier})`);
      }
    }
  }
  return breaches;
}

/** Each cycle of imports once, types included, as a list of files. */
export function importCycles(sources: Sources): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const trail: string[] = [];
  const walk = (path: string): void => {
    const at = trail.indexOf(path);
    if (at >= 0) {
      cycles.push([...trail.slice(at), path]);
      return;
    }
    if (done.has(path)) return;
    trail.push(path);
    for (const { specifier } of importsOf(path, sources.get(path) ?? "")) {
      const target = resolve(path, specifier);
      if (specifier.startsWith(".") && sources.has(target)) walk(target);
    }
    trail.pop();
    done.add(path);
  };
  for (const path of sources.keys()) walk(path);
  return cycles;
}

/** The preload runs inside other people's programs: CommonJS, with Node's own modules and its own files only. */
export function preloadBreaches(sources: Sources): string[] {
  const breaches: string[] = [];
  for (const [path, text] of sources) {
    if (partOf(path) !== "preload") continue;
    if (!path.endsWith(".cts")) breaches.push(`${path}: the preload is CommonJS, so its files end in .cts`);
    for (const { specifier, typeOnly, lazy } of importsOf(path, text)) {
      if (typeOnly || lazy || specifier.startsWith("node:")) continue;
      const own = specifier.startsWith(".") && partOf(resolve(path, specifier)) === "preload";
      if (!own) breaches.push(`${path}: loads ${specifier} at once`);
    }
  }
  return breaches;
}

/** Breaches of the rules for one file: length, header, names, exports, printing. */
export function fileBreaches(path: string, text: string): string[] {
  const breaches: string[] = [];
  const lines = text.split("\n").length - 1;
  if (lines > MAX_LINES) breaches.push(`${path}: ${lines} lines, at most ${MAX_LINES}`);
  const segments = path.split("/");
  for (const folder of segments.slice(0, -1)) {
    if (FORBIDDEN_FOLDERS.has(folder)) breaches.push(`${path}: a folder called ${folder} says nothing`);
  }
  if (!/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)+$/.test(segments.at(-1) ?? "")) breaches.push(`${path}: not kebab-case`);
  if (!hasHeader(text)) breaches.push(`${path}: opens without a comment of 2 to 6 lines on what it is for`);
  const source = parse(path, text);
  if (usesDefaultExport(source)) breaches.push(`${path}: has a default export`);
  if (partOf(path) !== "cli") {
    for (const call of printingCalls(source)) breaches.push(`${path}: prints (${call}); only src/cli may`);
  }
  return breaches;
}

/** True when the file opens with a comment that says something: 2 to 6 lines, or one long one. */
function hasHeader(text: string): boolean {
  const body = text.replace(/^#!.*\n/, "");
  const comment = /^\/\*[\s\S]*?\*\//.exec(body)?.[0] ?? /^(?:\/\/.*\n)+/.exec(body)?.[0] ?? "";
  const lines = comment.split("\n").filter((line) => /\w/.test(line));
  return lines.length <= 6 && lines.join("").length >= MIN_HEADER_CHARACTERS;
}

function usesDefaultExport(source: ts.SourceFile): boolean {
  return source.statements.some(
    (node) =>
      (ts.isExportAssignment(node) && node.isExportEquals !== true) ||
      (ts.canHaveModifiers(node) &&
        ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword) === true),
  );
}

/** Uses of `console`, and of the standard streams for more than asking about them. */
function printingCalls(source: ts.SourceFile): string[] {
  const calls: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAccessExpression(node)) {
      const text = node.getText(source).replace(/\s|^globalThis\./g, "");
      const used = ts.isPropertyAccessExpression(node.parent) ? node.parent.name.text : "";
      const isStream = /^process\.(stdout|stderr)$/.test(text) && !ASKS_A_STREAM.has(used);
      if (/^console\.\w+$/.test(text) || text === "process._rawDebug" || isStream) calls.push(text);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return calls;
}
