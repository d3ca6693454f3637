/**
 * The supervisor's man in an instance: makes servers listen on sockets that an earlier instance has opened,
 * hands new ones to the supervisor, tells when it listens, and drains on demand. What the program sees is
 * Node's own: `listen` stays synchronous, since sockets are inherited and not asked for.
 */
import type {
  InstanceMessage,
  SupervisedStart,
  SupervisionEnvelope,
  SupervisionLink,
} from "../base/supervision.ts" with {
  "resolution-mode": "import",
};
import type { Drain as DrainClass } from "./drain.cts";
import type { isLauncher as IsLauncher, passOn as PassOn } from "./launcher.cts";

const { setTimeout } = globalThis;
const GONE_MS = 100;

(function () {
  const given = process.env["PLIMSOLL_SUPERVISED"];
  const mark = Symbol.for("plimsoll.supervised");
  // Workers share the environment; the instance is its main thread.
  if (!given || !process.send || !process.channel || mark in process || "disabled" in process.abort) return;
  try {
    const start = JSON.parse(given) as SupervisedStart;
    const { isLauncher, passOn } = require("./launcher.cjs") as {
      isLauncher: typeof IsLauncher;
      passOn: typeof PassOn;
    };
    if (isLauncher()) return passOn(start);
    delete process.env["PLIMSOLL_SUPERVISED"];
    board(start, mark);
  } catch {
    // The program goes on as it would alone; the supervisor sees that nobody answers.
  }
})();

function board(start: SupervisedStart, mark: symbol): void {
  const net = require("node:net") as typeof import("node:net");
  const diagnostics = require("node:diagnostics_channel") as typeof import("node:diagnostics_channel");
  const { Drain } = require("./drain.cjs") as { Drain: typeof DrainClass };
  const send = process.send?.bind(process);
  const inherited = new Map(start.sockets.map(({ key, fd }) => [key, fd]));
  let units = 0;

  const tell = (plimsoll: InstanceMessage, handle?: unknown): void => {
    if (!process.connected) return;
    const envelope: SupervisionEnvelope = { cmd: "NODE_PLIMSOLL", plimsoll };
    // Without a callback a lost channel would be an uncaught error of the program.
    send?.(envelope, handle as never, {}, () => {});
  };
  const countUnit = (): void => {
    units += 1;
    if (units === start.unitLimit) tell({ type: "units", count: units });
  };
  const link: SupervisionLink = {
    instance: start.instance,
    folder: start.folder,
    tell,
    countUnit,
    drains: new Set(),
    givers: new Set(),
    states: [],
    takers: new Set(),
  };
  Object.defineProperty(process, mark, { value: link });
  const drain = new Drain(link);
  if (start.unitLimit !== undefined) diagnostics.subscribe("http.server.request.start", countUnit);

  const { listen } = net.Server.prototype;
  type Server = InstanceType<typeof net.Server> & { _handle?: unknown };
  net.Server.prototype.listen = function (this: Server, ...args: unknown[]) {
    const key = keyOf(args);
    const fd = key === undefined ? undefined : inherited.get(key);
    if (key !== undefined) {
      this.once("listening", () => {
        drain.add(this as never);
        tell({ type: "listening", key, isInherited: fd !== undefined }, fd === undefined ? this._handle : undefined);
        this.once("close", () => {
          if (!drain.isOn) tell({ type: "closed", key });
        });
      });
    }
    if (key === undefined || fd === undefined) return Reflect.apply(listen, this, args) as typeof this;
    inherited.delete(key);
    const callback = args.at(-1);
    const options = typeof args[0] === "object" && args[0] !== null ? args[0] : {};
    const { port: _, host: __, path: ___, ...others } = options as Record<string, unknown>;
    return Reflect.apply(listen, this, [{ ...others, fd }, ...(typeof callback === "function" ? [callback] : [])]);
  } as typeof listen;

  process.on("internalMessage" as "message", (message: unknown) => {
    const { cmd, plimsoll } = (message ?? {}) as Partial<SupervisionEnvelope>;
    if (cmd !== "NODE_PLIMSOLL" || plimsoll === undefined) return;
    if (plimsoll.type === "drain") drain.begin(plimsoll.deadlineMs);
    else if (plimsoll.type === "hasten") drain.hasten();
    else if (plimsoll.type === "states") {
      link.states.push(...plimsoll.states);
      for (const take of link.takers) take();
    }
  });
  process.once("disconnect", () => {
    // Its files are closed a moment before it is gone. A program may also disconnect by itself.
    const look = (): void => {
      if (isGone(start.supervisorPid)) drain.begin(start.drainMs, () => process.kill(process.pid, "SIGTERM"));
    };
    setTimeout(look, GONE_MS);
  });
  // Only the program's own listeners keep it alive.
  (process.channel as unknown as { unrefCounted?(): void }).unrefCounted?.();
  tell({ type: "hello", pid: process.pid });
}

/** True when a process has ended; one that nobody has waited for yet counts as gone. */
function isGone(pid: number): boolean {
  const { readFileSync } = require("node:fs") as typeof import("node:fs");
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "EPERM";
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return /^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2));
  } catch {
    return false;
  }
}

/** What a TCP server asks for; `undefined` for pipes, handles and descriptors, which cannot be shared this way. */
function keyOf([first, second]: unknown[]): string | undefined {
  if (typeof first === "object" && first !== null) {
    const { port, host, path, fd, _handle, signal } = first as Record<string, unknown> & { port?: number | string };
    if (port === undefined || path !== undefined || fd !== undefined || _handle !== undefined || signal !== undefined) {
      return undefined;
    }
    return `${typeof host === "string" ? host : ""}:${port}`;
  }
  const port = first === undefined || typeof first === "function" || first === null ? 0 : Number(first);
  if (!Number.isInteger(port) || port < 0) return undefined;
  return `${typeof second === "string" ? second : ""}:${port}`;
}
