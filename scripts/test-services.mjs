// `npm run test:services`: the tests that need more than a bare machine. Fails at once, saying what
// is missing, rather than skipping.
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What must be there, each with how to get it; a test file may ask for no more than this. */
const NEEDS = [
  { what: "memory cgroups that this user may create (root, cgroup v1 or v2)", present: canCreateCgroup },
  { what: "the right to mount a tmpfs (root with CAP_SYS_ADMIN)", present: canMountTmpfs },
  { what: "redis-server (apt-get install redis-server)", present: () => canRun("redis-server", "--version") },
  {
    what: "a compiler for better-sqlite3 (apt-get install g++ make python3)",
    present: () => ["g++", "make", "python3"].every((program) => canRun(program, "--version")),
  },
];

function canRun(program, argument) {
  return spawnSync(program, [argument], { timeout: 10_000 }).status === 0;
}

function canCreateCgroup() {
  const base = ["/sys/fs/cgroup/memory", "/sys/fs/cgroup"].find((folder) => existsSync(folder));
  if (!base) return false;
  const trial = join(base, `plimsoll-trial-${process.pid}`);
  try {
    accessSync(base, constants.W_OK);
    mkdirSync(trial);
    const usable = ["memory.limit_in_bytes", "memory.max"].some((file) => existsSync(join(trial, file)));
    rmdirSync(trial);
    return usable;
  } catch {
    return false;
  }
}

function canMountTmpfs() {
  const trial = mkdtempSync(join(tmpdir(), "plimsoll-trial-"));
  const mounted =
    spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", trial], { timeout: 10_000 }).status === 0;
  if (mounted) spawnSync("umount", [trial], { timeout: 10_000 });
  rmdirSync(trial);
  return mounted;
}

const missing = NEEDS.filter(({ present }) => !present());
for (const { what } of missing) console.error(`test:services needs ${what}, which is missing here.`);
if (missing.length > 0) process.exit(1);

const root = join(import.meta.dirname, "..");
const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
const result = spawnSync(process.execPath, [vitest, "run", "--config", "vitest.services.config.ts"], {
  cwd: root,
  stdio: ["ignore", "inherit", "inherit"],
  timeout: 600_000,
  killSignal: "SIGKILL",
});
process.exitCode = result.status ?? 1;
