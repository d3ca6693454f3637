/**
 * Runs what the documents show: every code block of README.md, CONTRIBUTING.md, docs/ and the applications, and every
 * file of examples/. Programs run in an empty folder where `plimsoll` is this repository's build,
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
import { type CodeBlock, codeBlocks } from "./support/code-blocks.ts";
import { runWell } from "./support/processes.ts";

const ROOT = join(import.meta.dirname, "..");
const DEADLINE_MS = 120_000;
const SHOWN_ONLY = new Set(["", "text", "diff", "yaml", "dockerfile", "ini", "html"]);
const PROGRAM_ENDINGS = new Map([
  ["ts", "mts"],
  ["js", "mjs"],
  ["mjs", "mjs"],
  ["cjs", "cjs"],
]);

/** The command of each application. */
const COMMANDS = new Map([
  ["bayes", "bayes"],
  ["unminify", "unminify"],
  ["lisp", "lisp"],
  ["workflow", "workflow"],
  ["plimsoll-mcp", "mcp"],
]);

const applications = readdirSync(join(ROOT, "apps")).map((name) => `apps/${name}/README.md`);
const documents = [
  "README.md",
  "CONTRIBUTING.md",
  ...applications,
  ...filesIn("docs").filter((file) => file.endsWith(".md")),
  ...filesIn("apps/lisp/docs"),
];
// The demo is a server, run by `npm run demo` and demo.test.ts; those of other libraries are run by test/budget/integrations.
const RUN_ELSEWHERE = /^examples\/(?:budget|demo)\//;
const examples = filesIn("examples").filter((file) => /\.[mc]?[jt]s$/.test(file) && !RUN_ELSEWHERE.test(file));

let folder: string;
let shims: string;

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

function filesIn(name: string): string[] {
  return readdirSync(join(ROOT, name), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .sort();
}

function writeShim(name: string, body: string): void {
  writeFileSync(join(shims, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
}

/** An empty folder in which `plimsoll` and this repository's dependencies resolve. */
function newWorkplace(): string {
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
  copyFileSync(join(import.meta.dirname, "support", "reader-server.js"), join(place, "server.js"));
  return place;
}

function runProgram(place: string, file: string): string {
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

describe.each(documents)("%s", (document) => {
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
});

describe("examples", () => {
  it.each(examples)("%s runs", (example) => {
    const place = newWorkplace();
    const name = example.replaceAll("/", "-");
    writeFileSync(join(place, name), readFileSync(join(ROOT, example)));
    runProgram(place, name);
  });
});

describe("the reader of code blocks", () => {
  it("finds language, code, line and excuse", () => {
    const text = "a\n```ts\nlet a;\n```\n<!-- not run: needs a network -->\n```sh\ncurl\n```\n";
    expect(codeBlocks(text)).toEqual([
      { language: "ts", code: "let a;\n", line: 2 },
      { language: "sh", code: "curl\n", line: 6, notRun: "needs a network" },
    ]);
  });

  it.each(["<!-- not run: -->\n```sh\ncurl\n```\n", "<!-- not run -->\n```sh\ncurl\n```\n", "```ts\nlet a;\n"])(
    "refuses %j",
    (text) => expect(() => codeBlocks(text)).toThrow(/line \d/),
  );
});
