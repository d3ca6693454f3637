/**
 * Installs a folder's own package-lock.json once, before the tests that need it: runtimes and bundles
 * that are kept out of the root's installation. Without bin links and scripts. Test processes that come
 * at the same time wait for the one that installs. A failure is only noted: the tests that need the
 * packages fail with it.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const STALE_LOCK_MS = 300_000;

/** Installs what `folder`/package-lock.json names, unless it is there already. */
export async function installPackages(folder: string): Promise<void> {
  const wanted = readFileSync(join(folder, "package-lock.json"), "utf8");
  const lock = join(folder, ".installing");
  for (let attempt = 0; attempt < 600; attempt++) {
    if (isInstalled(folder, wanted)) return;
    if (takeLock(lock)) {
      try {
        install(folder, wanted);
      } finally {
        rmdirSync(lock);
      }
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

function isInstalled(folder: string, wanted: string): boolean {
  const stamp = join(folder, "node_modules", ".installed-lock.json");
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

function install(folder: string, wanted: string): void {
  const args = ["ci", "--prefix", folder, "--no-bin-links", "--ignore-scripts", "--no-audit", "--no-fund"];
  const result = spawnSync("npm", args, { encoding: "utf8", timeout: 240_000, killSignal: "SIGKILL" });
  if (result.status === 0) writeFileSync(join(folder, "node_modules", ".installed-lock.json"), wanted);
  else console.error(`${folder} could not be installed (npm ${args.join(" ")}):\n${result.stderr}`);
}
