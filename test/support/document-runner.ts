/**
 * Runs what documents show, as a reader would: programs in an empty folder where `plimsoll` is this repository's build,
 * shell blocks with `plimsoll`, the applications' commands and `npx` for these on the PATH. Output blocks (`text`) are for people.
 */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CodeBlock, codeBlocks } from "./code-blocks.ts";
import { runWell } from "./processes.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const DEADLINE_MS = 120_000;
const SHOWN_ONLY = new Set(["", "text", "diff", "yaml", "dockerfile", "ini", "html"]);
const PROGRAM_ENDINGS = new Map([
  ["ts", "mts"],
  ["js", "mjs"],
  ["mjs", "mjs"],
  ["cjs", "cjs"],
]);

/** What a newcomer reads first. */
export const FIRST_PAGES = ["README.md", "CONTRIBUTING.md", "docs/start.md"];

/** The command of each application. */
const COMMANDS = new Map([
  ["bayes", "bayes"],
  ["unminify", "unminify"],
  ["lisp", "lisp"],
  ["workflow", "workflow"],
  ["plimsoll-mcp", "mcp"],
]);

let folder: string;
let shims: string;

/** Makes the commands before the tests of a file, and takes all away after them. */
export function prepareShims(): void {
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "plimsoll-docs-"));
    shims = join(folder, "bin");
    mkdirSync(shims);
    const cli = join(ROOT, "dist", "cli", "main.js");
    writeShim("plimsoll", `exec "${process.execPath}" "${cli}" "$@"`);
    for (const [name, app] of COMMANDS)
      writeShim(name, `exec "${process.execPath}" "${join(ROOT, "apps", app, "bin", `${name}.js`)}" "$@"`);
    writeShim(
      "npx",
      `case "$1" in plimsoll|${[...COMMANDS.keys()].join("|")}) exec "$@" ;; esac\necho "npx runs only this repository's programs here" >&2\nexit 64`,
    );
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));
}

/** Files below a folder of the project, by their path in it. */
export function filesIn(name: string): string[] {
  return readdirSync(join(ROOT, name), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .sort();
}

function writeShim(name: string, body: string): void {
  writeFileSync(join(shims, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
}

/** An empty folder in which `plimsoll` and this repository's dependencies resolve. */
export function newWorkplace(): string {
  const place = mkdtempSync(join(folder, "place-"));
  mkdirSync(join(place, "node_modules"));
  symlinkSync(ROOT, join(place, "node_modules", "plimsoll"), "dir");
  for (const peer of [
    "fastify",
    "p-limit",
    "p-queue",
    "piscina",
    "prom-client",
    "@opentelemetry",
    "@jax-js",
    "@tensorflow",
    "@plimsoll",
  ]) {
    symlinkSync(join(ROOT, "node_modules", peer), join(place, "node_modules", peer), "dir");
  }
  writeFileSync(join(place, "package.json"), '{ "private": true, "type": "module" }\n');
  // The reader's own program, as the documents call it.
  copyFileSync(join(import.meta.dirname, "reader-server.js"), join(place, "server.js"));
  return place;
}

/** Runs a program there. */
export function runProgram(place: string, file: string): string {
  const tsx = join(ROOT, "node_modules", "tsx", "dist", "cli.mjs");
  const args = file.endsWith("ts") ? [tsx, file] : [file];
  return runWell(process.execPath, args, { cwd: place, deadlineMs: DEADLINE_MS });
}

/** Runs one block in its document's workplace, where earlier blocks may have left files. */
function runBlock(place: string, { language, code, line }: CodeBlock): void {
  const ending = PROGRAM_ENDINGS.get(language);
  if (ending) {
    // A block that opens with `// name.mjs` is that file for the blocks after it; servers are started by those.
    const name = /^\/\/ ([\w-]+\.[mc]?[jt]s)\n/.exec(code)?.[1] ?? `block-${line}.${ending}`;
    writeFileSync(join(place, name), code);
    if (!name.startsWith("server")) runProgram(place, name);
  } else if (language === "sh") {
    const env = { PATH: `${shims}${delimiter}${process.env.PATH ?? ""}` };
    runWell("bash", ["-euo", "pipefail", "-c", code], { cwd: place, deadlineMs: DEADLINE_MS, env });
  } else if (language === "json") {
    JSON.parse(code);
  } else {
    throw new Error(`no way to run a block of "${language}"`);
  }
}

/** Tests each of these documents: every block that runs, and every link. */
export function testDocuments(documents: readonly string[]): void {
  describe.each(documents)("%s", (document) => {
    testDocument(document);
  });
}

function testDocument(document: string): void {
  const blocks = codeBlocks(readFileSync(join(ROOT, document), "utf8"));
  const runnable = blocks.filter(({ language, notRun }) => !SHOWN_ONLY.has(language) && notRun === undefined);
  const place = { path: "" };

  beforeAll(() => {
    place.path = newWorkplace();
  });

  it("links only to what exists", () => {
    const text = readFileSync(join(ROOT, document), "utf8");
    const targets = [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].map(([, target = ""]) => target);
    const missing = targets.filter((target) => !existsSync(join(ROOT, dirname(document), target)));
    expect(missing).toEqual([]);
  });

  for (const block of runnable) {
    it(`runs the ${block.language} block of line ${block.line}`, () => runBlock(place.path, block));
  }
}
