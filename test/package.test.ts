/**
 * The package as users get it: packed, installed into an empty folder with install scripts off, then
 * imported, required, type-checked and run there on every Node.js line. Size and number of packages
 * are promises (it depends on at most 5 packages, and all take 8 MB).
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { availableNodes } from "./support/nodes.ts";
import { run, runWell } from "./support/processes.ts";

const ROOT = join(import.meta.dirname, "..");
const MAX_PACKAGES = 5;
const MAX_BYTES = 8 * 2 ** 20;

interface Manifest {
  readonly version: string;
  readonly exports: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Manifest;
/**
 * They extend classes of an optional peer, which must be there, and are checked in their own runs: test/testing/vitest-suites.test.ts,
 * test/history/langgraph*.test.ts.
 */
const OF_PEERS = ["plimsoll/testing/vitest", "plimsoll/testing/reporter", "plimsoll/history/langgraph"];
const entries = Object.entries(manifest.exports)
  .flatMap(([path, target]) => (target.endsWith(".js") ? [path.replace(/^\./, "plimsoll")] : []))
  .filter((entry) => !OF_PEERS.includes(entry));

let folder: string;
let consumer: string;
let installed: string;
let packed: readonly string[];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "plimsoll-package-"));
  consumer = join(folder, "consumer");
  installed = join(consumer, "node_modules", "plimsoll");
  mkdirSync(consumer);
  writeFileSync(join(consumer, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }));
  runWell("npm", ["pack", "--ignore-scripts", "--pack-destination", folder], { cwd: ROOT, deadlineMs: 120_000 });
  const tarball = join(folder, `plimsoll-${manifest.version}.tgz`);
  packed = runWell("tar", ["-tzf", tarball], { cwd: folder }).trim().split("\n");
  const flags = ["--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"];
  runWell("npm", ["install", ...flags, tarball], { cwd: consumer, deadlineMs: 240_000 });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Files below a folder, by their path from it. */
function filesBelow(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

describe("the tarball", () => {
  it("holds the build, the documents and nothing else", () => {
    const allowed =
      /^package\/(dist\/.*\.(js|cjs|d\.ts|d\.cts|json|css|wasm)|dist\/.*\/LICENSE|README\.md|LICENSE|CHANGELOG\.md|package\.json)$/;
    expect(packed.filter((file) => !allowed.test(file))).toEqual([]);
    for (const file of ["README.md", "LICENSE", "CHANGELOG.md", "package.json", "dist/cli/main.js"]) {
      expect(packed).toContain(`package/${file}`);
    }
  });

  it("holds no output of a source file that is gone (rm -r dist, then build again)", () => {
    const stale = packed
      .filter((file) => /^package\/dist\/.*\.c?js$/.test(file) && !file.includes("uPlot"))
      .map((file) => file.replace("package/dist", "src"))
      .filter((file) => !existsSync(join(ROOT, file)) && !existsSync(join(ROOT, file.replace(/js$/, "ts"))));
    expect(stale).toEqual([]);
  });

  it("names no path of the machine it was built on", () => {
    const paths = [ROOT, homedir(), tmpdir() + "/plimsoll"].filter((path) => path.length > 1);
    const leaks = filesBelow(installed).filter((file) => {
      const text = readFileSync(file, "utf8");
      return paths.some((path) => text.includes(`${path}/`));
    });
    expect(leaks).toEqual([]);
  });
});

describe("the installation", () => {
  it(`takes at most ${MAX_PACKAGES} packages besides itself and ${MAX_BYTES / 2 ** 20} MB`, () => {
    const lock = JSON.parse(readFileSync(join(consumer, "node_modules", ".package-lock.json"), "utf8")) as {
      packages: Record<string, unknown>;
    };
    const dependencies = Object.keys(lock.packages).filter((path) => path !== "node_modules/plimsoll");
    expect(dependencies.length).toBeLessThanOrEqual(MAX_PACKAGES);
    const bytes = filesBelow(join(consumer, "node_modules")).reduce((sum, file) => sum + statSync(file).size, 0);
    expect(bytes).toBeLessThanOrEqual(MAX_BYTES);
  });

  it("runs as `npx plimsoll`", () => {
    expect(runWell("npx", ["--no-install", "plimsoll", "--version"], { cwd: consumer })).toContain(manifest.version);
  });
});

describe.each(availableNodes())("on Node.js $version", ({ path }) => {
  it.each(entries)("%s gives the same names to import and require", (entry) => {
    const show = "console.log(JSON.stringify(Object.keys(m).filter((name) => name !== '__esModule').sort()))";
    const byImport = runWell(path, ["--input-type=module", "-e", `const m = await import("${entry}"); ${show}`], {
      cwd: consumer,
    });
    const byRequire = runWell(path, ["--input-type=commonjs", "-e", `const m = require("${entry}"); ${show}`], {
      cwd: consumer,
    });
    expect(JSON.parse(byImport)).not.toEqual([]);
    expect(byRequire).toBe(byImport);
  });

  it("importing everything prints nothing, starts nothing and ends by itself", () => {
    const imports = entries.map((entry) => `import "${entry}";`).join(" ");
    const outcome = run(path, ["--input-type=module", "-e", imports], { cwd: consumer, deadlineMs: 20_000 });
    expect(outcome).toEqual({ status: 0, signal: null, stdout: "", stderr: "" });
  });

  it("says which package the matchers of vitest lack", () => {
    const outcome = run(path, ["--input-type=module", "-e", `import "plimsoll/testing/vitest";`], { cwd: consumer });
    expect(outcome.status).toBe(1);
    expect(outcome.stderr).toContain("Cannot find package 'vitest'");
  });

  it("runs the command line", () => {
    const cli = join(installed, "dist", "cli", "main.js");
    expect(runWell(path, [cli, "--version"], { cwd: consumer })).toContain(manifest.version);
  });

  it("watches a program from start to end", () => {
    const cli = join(installed, "dist", "cli", "main.js");
    const outcome = run(path, [cli, "run", "--", path, "-e", "console.log(6 * 7)"], { cwd: consumer });
    expect(outcome.stdout).toBe("42\n");
    expect(outcome.status).toBe(0);
  });
});

describe("the types", () => {
  it.each([
    ["nodenext", "nodenext"],
    ["esnext", "bundler"],
  ])("resolve with --module %s --moduleResolution %s, libraries checked too", (module, resolution) => {
    const file = join(consumer, "consumer.ts");
    const lines = entries.map((entry, index) => `import * as m${index} from "${entry}"; m${index} satisfies object;`);
    writeFileSync(
      file,
      `${lines.join("\n")}\nimport { parseBytes } from "plimsoll";\nparseBytes("1mb") satisfies number;\n`,
    );
    const tsc = join(ROOT, "node_modules", "typescript", "bin", "tsc");
    const types = ["--types", "node", "--typeRoots", join(ROOT, "node_modules", "@types")];
    const flags = ["--noEmit", "--strict", "--target", "es2022", "--lib", "es2023,esnext.disposable", ...types];
    const how = ["--module", module, "--moduleResolution", resolution];
    const outcome = run(process.execPath, [tsc, ...flags, ...how, file], { cwd: consumer, deadlineMs: 120_000 });
    expect(outcome.stdout).toBe("");
    expect(outcome.status).toBe(0);
  });
});
