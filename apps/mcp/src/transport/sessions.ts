/**
 * Sessions of HTTP clients by id. Clients forget to end theirs, and a map that only grows is the very leak that this server hunts: so it is
 * bounded, and idle ones are ended.
 */
import type { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";

/** How many, and how long. */
export interface SessionOptions {
  /** At most. Default: 16. */
  readonly most?: number;
  /** Ended after so long without a request, in milliseconds. Default: 600,000. */
  readonly idleMs?: number;
}

const MOST = 16;
const IDLE_MS = 600_000;
/** A session that was used lately is not ended for a new one. */
const BUSY_MS = 30_000;

interface Session {
  readonly transport: StreamableHTTPServerTransport;
  usedMs: number;
  open: number;
}

/** Keeps sessions. */
export class Sessions implements AsyncDisposable {
  readonly #sessions = new Map<string, Session>();
  readonly #most: number;
  readonly #idleMs: number;
  readonly #timer: NodeJS.Timeout;

  constructor({ most = MOST, idleMs = IDLE_MS }: SessionOptions = {}) {
    this.#most = most;
    this.#idleMs = idleMs;
    this.#timer = setInterval(() => this.#endIdle(), Math.min(idleMs, IDLE_MS) / 4).unref();
  }

  /** How many there are. */
  get size(): number {
    return this.#sessions.size;
  }

  /** The session's transport, which is in use until the response is closed. */
  use(id: string, response: NodeJS.EventEmitter): StreamableHTTPServerTransport | undefined {
    const session = this.#sessions.get(id);
    if (!session) return undefined;
    session.open += 1;
    response.once("close", () => {
      session.open -= 1;
      session.usedMs = performance.now();
    });
    return session.transport;
  }

  /** Makes room for one more. @returns false when all are in use. */
  makeRoom(): boolean {
    if (this.#sessions.size < this.#most) return true;
    const [oldest] = [...this.#sessions]
      .filter(([, { open }]) => open === 0)
      .toSorted(([, a], [, b]) => a.usedMs - b.usedMs);
    if (!oldest || performance.now() - oldest[1].usedMs < BUSY_MS) return false;
    this.#end(oldest[0]);
    return true;
  }

  /** Takes in a new one. */
  add(id: string, transport: StreamableHTTPServerTransport): void {
    this.#sessions.set(id, { transport, usedMs: performance.now(), open: 0 });
  }

  /** Forgets one that has been closed. */
  forget(id: string): void {
    this.#sessions.delete(id);
  }

  /** Ends all. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    const all = [...this.#sessions.values()];
    this.#sessions.clear();
    await Promise.all(all.map(({ transport }) => transport.close()));
  }

  #endIdle(): void {
    const untilMs = performance.now() - this.#idleMs;
    for (const [id, { open, usedMs }] of this.#sessions) if (open === 0 && usedMs < untilMs) this.#end(id);
  }

  #end(id: string): void {
    const session = this.#sessions.get(id);
    this.#sessions.delete(id);
    void session?.transport.close().catch(() => {});
  }
}
