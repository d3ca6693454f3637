/**
 * Installs a folder's own package-lock.json once, before the tests that need it: runtimes and bundles
 * that are kept out of the root's installation. Without bin links, and without scripts unless
 * asked for. Test processes that come at the same time wait for the one that installs. A failure is only noted: the tests
 * that need the packages fail with it.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const STALE_LOCK_MS = 300_000;
const DOWNLOAD_MS = 240_000;
const COMPILE_MS = 280_000;

/** How packages are installed. */
export interface InstallOptions {
  /** Lets them build themselves. Default: false. */
  readonly runsScripts?: boolean;
}

/** Installs what `folder`/package-lock.json names, unless it is there already. */
export async function installPackages(folder: string, options: InstallOptions = {}): Promise<void> {
  const wanted = readFileSync(join(folder, "package-lock.json"), "utf8");
  const lock = join(folder, ".installing");
  for (let attempt = 0; attempt < 600; attempt++) {
    if (isInstalled(folder, wanted)) return;
    if (takeLock(lock)) {
      try {
        install(folder, wanted, options);
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

function install(folder: string, wanted: string, { runsScripts = false }: InstallOptions): void {
  const links = runsScripts ? [] : ["--no-bin-links", "--ignore-scripts"];
  const args = ["ci", "--prefix", folder, ...links, "--no-audit", "--no-fund"];
  const env = { ...process.env, ...(runsScripts && headersHere()) };
  const timeout = runsScripts ? COMPILE_MS : DOWNLOAD_MS;
  const result = spawnSync("npm", args, { encoding: "utf8", env, timeout, killSignal: "SIGKILL" });
  if (result.status === 0) writeFileSync(join(folder, "node_modules", ".installed-lock.json"), wanted);
  else console.error(`${folder} could not be installed (npm ${args.join(" ")}):\n${result.stderr}`);
}

/** Node.js brings the headers that a compiler needs; without this node-gyp would download them. */
function headersHere(): { npm_config_nodedir?: string } {
  const home = join(dirname(process.execPath), "..");
  return existsSync(join(home, "include", "node", "node.h")) ? { npm_config_nodedir: home } : {};
}
