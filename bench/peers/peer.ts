/**
 * How the other tools are installed and run: from their own package beside this file, bounded by a deadline,
 * without a terminal, as continuous integration would.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";

/** What a tool says. */
export interface PeerAnswer {
  /** Its own words, shortened. */
  readonly words: string;
  /** False when its command gave no verdict. */
  readonly isAnswer: boolean;
  /** True when it says that memory grows, leaks or is collected too much. */
  readonly namesMemory: boolean;
}

/** A program that was run to its end. */
export interface Finished {
  /** `null` when a signal ended it, as after the deadline. */
  readonly code: number | null;
  /** stdout and stderr together. */
  readonly output: string;
}

const FOLDER = import.meta.dirname;
const INSTALL_MS = 600_000;

/** Installs both where they are missing; no scripts are run, no browser is downloaded. */
export function installPeers(): void {
  if (existsSync(binary("clinic")) && existsSync(binary("memlab"))) return;
  const { status } = spawnSync("npm", ["ci", "--prefix", FOLDER, "--ignore-scripts"], {
    env: { ...process.env, PUPPETEER_SKIP_DOWNLOAD: "1" },
    stdio: ["ignore", 2, 2],
    timeout: INSTALL_MS,
  });
  if (status !== 0) throw new Error("clinic and memlab could not be installed into bench/peers");
}

/** The script behind a command of theirs. */
export function binary(name: string): string {
  return join(FOLDER, "node_modules", ".bin", name);
}

/**
 * Runs Node to its end.
 *
 * @param deadlineMs - after which it is killed.
 * @param onSpawn - called with its process id.
 */
export async function runNode(
  parameters: readonly string[],
  folder: string,
  deadlineMs: number,
  onSpawn?: (pid: number) => void,
): Promise<Finished> {
  const child = spawn(process.execPath, parameters, {
    cwd: folder,
    env: { ...process.env, NO_INSIGHT: "1", NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: deadlineMs,
    killSignal: "SIGKILL",
  });
  let output = "";
  const keep = (chunk: Buffer): void => {
    output += chunk.toString();
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  await once(child, "spawn");
  if (child.pid !== undefined) onSpawn?.(child.pid);
  await once(child, "exit");
  return { code: child.exitCode, output };
}
