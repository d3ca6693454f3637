/**
 * A real Redis for one test file: `redis-server` of the machine, on a free port of the loopback interface and with a folder of
 * its own. It keeps nothing, and ends at its deadline and with the process that started it.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findPort } from "./ports.ts";

/** Of util-linux: with it the kernel ends the server when this process ends, however that comes. */
const SET_PRIVILEGES = "setpriv";

/** A server that runs; disposing of it stops it and removes its folder. */
export interface Redis extends AsyncDisposable {
  /** Without a password. */
  readonly url: string;
}

/**
 * Starts one.
 *
 * @param deadlineMs - after which it is stopped whatever happens. Default: 300,000.
 * @throws Error with what it said when it does not start.
 */
export async function startRedis(deadlineMs = 300_000): Promise<Redis> {
  const folder = mkdtempSync(join(tmpdir(), "plimsoll-redis-"));
  const port = await findPort();
  const settings = { bind: "127.0.0.1", port, dir: folder, save: "", appendonly: "no" };
  const server = spawn(
    SET_PRIVILEGES,
    [
      ...["--pdeathsig", "KILL", "--", "redis-server"],
      ...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]),
    ],
    { cwd: folder, stdio: ["ignore", "pipe", "inherit"], timeout: deadlineMs, killSignal: "SIGKILL" },
  );
  const ended = once(server, "exit").catch(() => undefined);
  const stop = async (): Promise<void> => {
    server.kill("SIGKILL");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  let said = "";
  const ready = new Promise<true>((resolve) => {
    // Read to the end, so that the pipe never fills.
    server.stdout.setEncoding("utf8").on("data", (text: string) => {
      if (said.length < 10_000) said += text;
      if (said.includes("Ready to accept connections")) resolve(true);
    });
  });
  if (await Promise.race([ready, ended.then(() => false)])) {
    return { url: `redis://127.0.0.1:${port}`, [Symbol.asyncDispose]: stop };
  }
  await stop();
  throw new Error(`Redis has not started:\n${said}`);
}
