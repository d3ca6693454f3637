// `npm run check`: everything that can be told without running a test. Builds and packs once, then
// runs the steps side by side, one line each; only a failing step shows its output.
// `npm run check -- lint types` runs the named steps alone.
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..");
const BIN = join(ROOT, "node_modules", ".bin");
const DEADLINE_MS = 120_000;

/** @typedef {{ name: string, command: string[] }} Step */

/** The steps; `tarball` is a file that the packing has left. */
function steps(tarball) {
  /** @type {Step[]} */
  const all = [
    // The longest ones first, so that the short ones fill the gaps.
    {
      name: "types",
      command: [
        join(BIN, "tsc"),
        "-p",
        ".",
        "--incremental",
        "--tsBuildInfoFile",
        "node_modules/.cache/check.tsbuildinfo",
      ],
    },
    { name: "apps", command: ["npm", "run", "--silent", "--workspaces", "--if-present", "types"] },
    { name: "api", command: [process.execPath, "scripts/check-api.mjs"] },
    { name: "knip", command: [join(BIN, "knip"), "--no-progress", "--treat-config-hints-as-errors"] },
    {
      name: "attw",
      command: [
        join(BIN, "attw"),
        tarball,
        "--profile",
        "esm-only",
        "--no-emoji",
        "--exclude-entrypoints",
        "report.schema.json",
      ],
    },
    { name: "publint", command: [join(BIN, "publint"), tarball, "--strict"] },
    { name: "lint", command: [join(BIN, "oxlint"), "."] },
    { name: "format", command: [join(BIN, "oxfmt"), "--check", "."] },
  ];
  const wanted = process.argv.slice(2);
  const unknown = wanted.filter((name) => !all.some((step) => step.name === name));
  if (unknown.length > 0) {
    console.error(`No such step: ${unknown.join(", ")}. Steps: ${all.map(({ name }) => name).join(", ")}.`);
    process.exit(64);
  }
  return wanted.length === 0 ? all : all.filter(({ name }) => wanted.includes(name));
}

/** Runs one step and prints its line. Resolves to true when it passed. */
function run({ name, command }) {
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const [file = "", ...args] = command;
    const child = spawn(file, args, {
      cwd: ROOT,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: DEADLINE_MS,
      killSignal: "SIGKILL",
      env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined },
    });
    let output = "";
    child.stdout.on("data", (text) => (output += text));
    child.stderr.on("data", (text) => (output += text));
    child.on("error", (error) => (output += error.message));
    child.on("close", (code, signal) => {
      const passed = code === 0;
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      console.log(`${passed ? "ok    " : "FAILED"} ${name.padEnd(8)} ${seconds.padStart(5)} s`);
      if (!passed) console.log(`${output.trim()}\n${signal ? `(ended by ${signal})\n` : ""}`);
      resolve(passed);
    });
  });
}

/** Runs the steps, as many at once as the machine has cores. */
async function runAll(queue) {
  let passed = true;
  async function work() {
    for (let step = queue.shift(); step; step = queue.shift()) passed = (await run(step)) && passed;
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return passed;
}

const startedAt = performance.now();
const folder = mkdtempSync(join(tmpdir(), "plimsoll-check-"));
let passed = false;
try {
  const npm = ["npm", "pack", "--ignore-scripts", "--silent", "--pack-destination", folder];
  // A build with type errors still emits: the other steps have something to look at.
  const built = await run({ name: "build", command: ["npm", "run", "--silent", "build"] });
  const packed = await run({ name: "pack", command: npm });
  const tarball = join(folder, readdirSync(folder)[0] ?? "missing.tgz");
  passed = (await runAll(steps(tarball))) && built && packed;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(
  `${passed ? "ok    " : "FAILED"} check    ${((performance.now() - startedAt) / 1000).toFixed(1).padStart(5)} s`,
);
process.exitCode = passed ? 0 : 1;
