/**
 * Installs the other Node.js lines of test/runtimes once, before any test. Without bin links and
 * scripts: that package's `node` must not shadow the running one. A failure is only noted here;
 * the tests that need a runtime fail with it (see nodes.ts).
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RUNTIMES_DIR, runtimesSupported } from "./nodes.ts";

const STALE_LOCK_MS = 300_000;

/** Installs what test/runtimes/package-lock.json names, unless it is there already. */
export default async function installRuntimes(): Promise<void> {
  if (!runtimesSupported) {
    console.error(`Other Node.js lines are only installed on Linux x64: testing with ${process.version} alone.`);
    return;
  }
  const wanted = readFileSync(join(RUNTIMES_DIR, "package-lock.json"), "utf8");
  const lock = join(RUNTIMES_DIR, ".installing");
  for (let attempt = 0; attempt < 600; attempt++) {
    if (isInstalled(wanted)) return;
    if (takeLock(lock)) {
      try {
        install(wanted);
      } finally {
        rmdirSync(lock);
      }
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

function isInstalled(wanted: string): boolean {
  const stamp = join(RUNTIMES_DIR, "node_modules", ".installed-lock.json");
  return existsSync(stamp) && readFileSync(stamp, "utf8") === wanted;
}

function takeLock(lock: string): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch {
    const age = existsSync(lock) ? Date.now() - statSync(lock).mtimeMs : 0;
    if (age > STALE_LOCK_MS) rmdirSync(lock);
    return false;
  }
}

function install(wanted: string): void {
  const args = ["ci", "--prefix", RUNTIMES_DIR, "--no-bin-links", "--ignore-scripts", "--no-audit", "--no-fund"];
  const result = spawnSync("npm", args, { encoding: "utf8", timeout: 240_000, killSignal: "SIGKILL" });
  if (result.status === 0) {
    writeFileSync(join(RUNTIMES_DIR, "node_modules", ".installed-lock.json"), wanted);
  } else {
    console.error(`The other Node.js lines could not be installed (npm ${args.join(" ")}):\n${result.stderr}`);
  }
}
