/**
 * Who keeps the server up: `plimsoll supervise`, and pm2, which is run as a command and never loaded (AGPL-3.0).
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..", "..");
const SERVER = join(import.meta.dirname, "server.cjs");
/** The folder of pm2's own lock. */
export const PEERS: string = join(import.meta.dirname, "peers");
const PM2 = join(PEERS, "node_modules", "pm2", "bin", "pm2");

/** A running manager. */
export interface Manager {
  /** Ends it and what it runs. */
  stop(): Promise<void>;
}

/** A `plimsoll supervise` and what it has said so far. */
export interface Supervising extends Manager {
  readonly child: ChildProcess;
  /** Lines of JSON. */
  readonly events: Readonly<Record<string, unknown>>[];
}

/** Starts `plimsoll supervise` over the server. */
export function startPlimsoll(options: readonly string[], env: NodeJS.ProcessEnv, folder: string): Supervising {
  const main = join(ROOT, "dist", "cli", "main.js");
  const child = spawn(process.execPath, [main, "supervise", "--json", ...options, "--", process.execPath, SERVER], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const events: Record<string, unknown>[] = [];
  let text = "";
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    const lines = (text + chunk).split("\n");
    text = lines.pop() ?? "";
    for (const line of lines) if (line.startsWith("{")) events.push(JSON.parse(line) as Record<string, unknown>);
  });
  return {
    child,
    events,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const killing = setTimeout(() => child.kill("SIGKILL"), 20_000);
      const exited = once(child, "exit");
      child.kill("SIGTERM");
      await exited;
      clearTimeout(killing);
    },
  };
}

/** Starts pm2 over the server: one process that is stopped and started, or two that are reloaded in turn. */
export function startPm2(instances: number | "fork", limitMb: number, env: NodeJS.ProcessEnv, folder: string): Manager {
  const home = join(folder, "pm2");
  const run = (...args: string[]): void => {
    const { status, stderr, stdout } = spawnSync(process.execPath, [PM2, ...args], {
      cwd: folder,
      env: { ...process.env, ...env, PM2_HOME: home },
      encoding: "utf8",
      timeout: 60_000,
    });
    if (status !== 0) throw new Error(`pm2 ${args.join(" ")} ended with ${status}: ${stdout}${stderr}`);
  };
  const mode = instances === "fork" ? [] : ["-i", String(instances)];
  run("start", SERVER, "--name", "server", "--max-memory-restart", `${limitMb}M`, ...mode);
  return {
    async stop() {
      run("kill");
      rmSync(home, { recursive: true, force: true });
      await Promise.resolve();
    },
  };
}
