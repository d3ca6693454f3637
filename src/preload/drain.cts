/**
 * Draining without a lost request. A server that closes idle keep-alive connections at once meets requests
 * that are already on their way, and their clients see ECONNRESET. So: stop accepting, answer whatever
 * comes with `Connection: close`, and close idle connections only after a quiet time.
 */
import type { HandedState, SupervisionLink } from "../base/supervision.ts" with { "resolution-mode": "import" };

const diagnostics = require("node:diagnostics_channel") as typeof import("node:diagnostics_channel");
const { setInterval, setTimeout, clearInterval } = globalThis;

type Socket = import("node:net").Socket;
type ServerResponse = import("node:http").ServerResponse;
/** A server with the parts of Node's that are replaced. */
type Server = import("node:net").Server & {
  _handle?: { close(): void; getsockname?(out: object): number } | null;
};

const LOOK_MS = 50;
/** Most that an idle connection is waited for: Node's own keep-alive time. */
const IDLE_MS = 5_000;
/** The same when memory is short; a client's next request rarely comes later without coming much later. */
const HASTY_IDLE_MS = 300;

class Drain {
  readonly #link: SupervisionLink;
  readonly #servers = new Set<Server>();
  readonly #sessions = new Set<{ close(): void }>();
  /** Open connections, and when each was last busy. */
  readonly #sockets = new Map<Socket, number>();
  readonly #responses = new Set<ServerResponse>();
  #idleMs = IDLE_MS;
  #isOn = false;
  #isOver = false;
  #then: (() => void) | undefined;

  /** @param link - tells the supervisor, and knows what the program wants to do. */
  constructor(link: SupervisionLink) {
    this.#link = link;
    diagnostics.subscribe("net.server.socket", (message) => {
      const { socket } = message as { socket: Socket };
      this.#track(socket);
    });
    diagnostics.subscribe("http.server.request.start", (message) => {
      this.#enter((message as { response: ServerResponse }).response);
    });
  }

  /** True once draining has begun. */
  get isOn(): boolean {
    return this.#isOn;
  }

  /** Takes note of a server that listens. */
  add(server: Server): void {
    this.#servers.add(server);
    server.once("close", () => this.#servers.delete(server));
    // Below TLS a connection does not tell whether it is idle.
    server.on("secureConnection", (socket: Socket) => this.#track(socket));
    // HTTP/2 says goodbye by itself, stream by stream.
    server.on("session", (session: { close(): void; once(event: "close", listener: () => void): void }) => {
      this.#sessions.add(session);
      session.once("close", () => this.#sessions.delete(session));
    });
    if (this.#isOn) stopAccepting(server);
  }

  /**
   * Begins, once.
   *
   * @param deadlineMs - how long it may take.
   * @param then - called when nothing is in flight any more, or at the deadline. Default: the supervisor is told.
   */
  begin(deadlineMs: number, then?: () => void): void {
    this.#then = then ?? this.#then;
    if (this.#isOver) then?.();
    if (this.#isOn) return;
    this.#isOn = true;
    const until = performance.now() + deadlineMs;
    this.#idleMs = Math.min(IDLE_MS, deadlineMs / 2);
    for (const server of this.#servers) stopAccepting(server);
    for (const response of this.#responses) closeAfter(response);
    for (const session of this.#sessions) session.close();
    const own = Promise.allSettled([...this.#link.drains].map(async (drain) => drain(deadlineMs)));
    let isOwnDone = false;
    void own.then(() => {
      isOwnDone = true;
    });
    // Keeps the process alive: state is still to be handed over.
    const timer = setInterval(() => {
      this.#closeIdle();
      const isDone = isOwnDone && this.#responses.size === 0 && this.#sockets.size === 0;
      if (!isDone && performance.now() < until) return;
      clearInterval(timer);
      void this.#handOver(deadlineMs).then(() => {
        this.#isOver = true;
        this.#then?.();
      });
    }, LOOK_MS);
  }

  /** Waits less for idle connections. */
  hasten(): void {
    this.#idleMs = Math.min(this.#idleMs, HASTY_IDLE_MS);
  }

  #track(socket: Socket): void {
    this.#sockets.set(socket, performance.now());
    socket.once("close", () => this.#sockets.delete(socket));
  }

  #enter(response: ServerResponse): void {
    this.#responses.add(response);
    const { socket } = response;
    response.once("close", () => {
      this.#responses.delete(response);
      if (socket !== null && this.#sockets.has(socket)) this.#sockets.set(socket, performance.now());
    });
    if (this.#isOn) closeAfter(response);
  }

  #closeIdle(): void {
    const busy = new Set([...this.#responses].map(({ socket }) => socket));
    const before = performance.now() - this.#idleMs;
    for (const [socket, sinceMs] of this.#sockets) {
      if (sinceMs > before || busy.has(socket) || !isHttp(socket)) continue;
      socket.end();
      // A client that neither writes nor closes is no reason to wait longer.
      setTimeout(() => socket.destroy(), HASTY_IDLE_MS).unref();
    }
  }

  async #handOver(deadlineMs: number): Promise<void> {
    const states: HandedState[] = [];
    const failures: string[] = [];
    const given = [...this.#link.givers].map(async (give) => {
      try {
        const state = await give();
        if (state !== undefined) states.push(state);
      } catch (error) {
        failures.push((error instanceof Error ? error.message : String(error)).slice(0, 400));
      }
    });
    const late = new Promise<void>((resolve) => void setTimeout(resolve, deadlineMs));
    await Promise.race([Promise.all(given), late]);
    this.#link.tell({ type: "drained", states, failures });
  }
}

/** Only a connection that speaks HTTP tells when it is idle; an upgraded one has lost its parser. */
function isHttp(socket: Socket): boolean {
  const { parser } = socket as { parser?: unknown };
  return parser !== undefined && parser !== null;
}

function closeAfter(response: ServerResponse): void {
  if (response.headersSent) return;
  response.shouldKeepAlive = false;
  // HTTP/2 knows no such header, and is told by its session.
  if ("setHeader" in response && response.req?.httpVersionMajor === 1) response.setHeader("Connection", "close");
}

/** Closes the socket alone: the program's own `server.close()` later finds a server that listens, as ever. */
function stopAccepting(server: Server): void {
  const { _handle: handle } = server;
  if (!handle) return;
  const address = server.address();
  const nothing = (): void => {};
  server._handle = {
    close: nothing,
    getsockname(out: object) {
      if (typeof address === "object") Object.assign(out, address);
      return 0;
    },
    ...{ ref: nothing, unref: nothing },
  };
  handle.close();
}

export type { Drain };
module.exports = { Drain };
