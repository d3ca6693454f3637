/**
 * Launchers such as npm are Node.js programs too, and stand between a supervisor and the server that they start. They
 * are no instance: they pass on what the supervisor has given them, the channel and the inherited sockets, to the
 * program that they start on their own terminal, and its words back.
 */
import type { SupervisedStart, SupervisionEnvelope } from "../base/supervision.ts" with { "resolution-mode": "import" };

const childProcess = require("node:child_process") as typeof import("node:child_process");
const path = require("node:path") as typeof import("node:path");

const LAUNCHERS = /^(npm|npx|pnpm|pnpx|yarn|corepack|tsx|ts-node|dotenv|cross-env|env-cmd|nodemon)([-.]|$)/;
const CHANNEL_FD = 3;

/** What `ChildProcess.prototype.spawn` is given. */
interface SpawnOptions {
  stdio?: unknown;
}
type Child = import("node:child_process").ChildProcess;

/** True when this process only starts the program. */
function isLauncher(): boolean {
  const file = process.argv[1];
  if (file === undefined) return false;
  // `npm-cli.js`, and `cli.mjs` of a package that is called `tsx`.
  return (
    LAUNCHERS.test(path.basename(file)) ||
    /node_modules[\\/](tsx|ts-node|cross-env|env-cmd|dotenv-cli|nodemon)[\\/]/.test(file)
  );
}

/** Passes the supervision on to each child that shares this process's stdout. */
function passOn(start: SupervisedStart): void {
  const prototype = childProcess.ChildProcess.prototype as unknown as { spawn(options: SpawnOptions): unknown };
  const { spawn } = prototype;
  prototype.spawn = function (this: Child, options: SpawnOptions) {
    const stdio = withSupervision(options.stdio, start);
    if (stdio === undefined) return Reflect.apply(spawn, this, [options]);
    const result: unknown = Reflect.apply(spawn, this, [{ ...options, stdio }]);
    connect(this);
    return result;
  };
}

/** The child's streams with the channel and the sockets; `undefined` where it is not the program, or they do not fit. */
function withSupervision(stdio: unknown, { sockets }: SupervisedStart): unknown[] | undefined {
  const all =
    stdio === "inherit" ? ["inherit", "inherit", "inherit"] : Array.isArray(stdio) ? [...(stdio as unknown[])] : [];
  const isShown = all[1] === "inherit" || all[1] === 1 || (all[1] as { fd?: unknown } | undefined)?.fd === 1;
  if (!isShown || all.length > CHANNEL_FD + 1) return undefined;
  if (all[CHANNEL_FD] !== undefined && all[CHANNEL_FD] !== "ipc") return undefined;
  all[CHANNEL_FD] = "ipc";
  for (const { fd } of sockets) all[fd] = fd;
  return all;
}

function connect(child: Child): void {
  child.on("internalMessage" as "message", (message: unknown, handle: unknown) => {
    if ((message as Partial<SupervisionEnvelope> | undefined)?.cmd !== "NODE_PLIMSOLL" || !process.connected) return;
    const socket = handle as { close?(): void } | undefined;
    process.send?.(message, handle as never, {}, () => socket?.close?.());
  });
  child.on("message", (message) => {
    if (message === "ready" && process.connected) process.send?.(message);
  });
  process.on("internalMessage" as "message", (message: unknown) => {
    if ((message as Partial<SupervisionEnvelope> | undefined)?.cmd !== "NODE_PLIMSOLL" || !child.connected) return;
    child.send(message as never, () => {});
  });
  // The channel alone keeps neither of them alive.
  (child.channel as { unref?(): void } | null)?.unref?.();
}

export type { isLauncher, passOn };
module.exports = { isLauncher, passOn };
