/**
 * A program's inspector, spoken to over its WebSocket: only `Runtime.evaluate`, no domain is enabled. Node
 * runs it between two pieces of JavaScript, and also in the middle of a loop that never ends, but not while
 * the main thread waits in the kernel. Nothing here throws for a program that ends or is silent.
 */
import { get } from "node:http";
import type { WebSocket } from "ws";
import type { Listener } from "./listeners.ts";

const MAX_LIST_BYTES = 64 << 10;
const MAX_ANSWER_BYTES = 1 << 20;

/** What came of an evaluation. */
export type Evaluation =
  | { readonly outcome: "value"; readonly value: unknown }
  | { readonly outcome: "thrown"; readonly what: string }
  /** The connection has ended: the program has, or has closed it. */
  | { readonly outcome: "closed" }
  | { readonly outcome: "silent" };

/** One session with a program's inspector. */
export class InspectorClient {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (evaluation: Evaluation) => void>();
  #lastId = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data: Buffer) => this.#receive(data.toString()));
    socket.on("close", () => this.#end());
  }

  /**
   * Connects to the inspector that listens there.
   *
   * @returns `undefined` when it is none, or has not answered within the deadline.
   */
  static async connect(listener: Listener, deadlineMs: number): Promise<InspectorClient | undefined> {
    const until = performance.now() + deadlineMs;
    const path = await findSession(listener, deadlineMs);
    const leftMs = Math.round(until - performance.now());
    if (path === undefined || leftMs <= 0) return undefined;
    const { WebSocket } = await import("ws");
    return new Promise((resolve) => {
      const options = { perMessageDeflate: false, handshakeTimeout: leftMs, maxPayload: MAX_ANSWER_BYTES };
      const socket = new WebSocket(`ws://${authorityOf(listener)}${path}`, options);
      // Stays for good: an error of an ended program's connection concerns nobody, `close` follows.
      socket.on("error", () => resolve(undefined));
      socket.once("open", () => resolve(new InspectorClient(socket)));
    });
  }

  /**
   * Evaluates an expression in the main thread's global scope, with the console's `require`.
   *
   * @param awaitPromise - whether to await its value, for which the turn must end. Default: false.
   */
  evaluate(expression: string, deadlineMs: number, awaitPromise = false): Promise<Evaluation> {
    this.#lastId += 1;
    const id = this.#lastId;
    const params = { expression, includeCommandLineAPI: true, returnByValue: true, awaitPromise, silent: true };
    return new Promise((resolve) => {
      const settle = (evaluation: Evaluation): void => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(evaluation);
      };
      const timer = setTimeout(() => settle({ outcome: "silent" }), deadlineMs);
      this.#waiting.set(id, settle);
      if (this.#socket.readyState !== this.#socket.OPEN) settle({ outcome: "closed" });
      else this.#socket.send(JSON.stringify({ id, method: "Runtime.evaluate", params }));
    });
  }

  /** Ends the session at once. */
  close(): void {
    this.#socket.terminate();
  }

  #receive(text: string): void {
    const { id, result } = parse(text) as { id?: number; result?: EvaluateResult };
    if (id === undefined) return;
    const settle = this.#waiting.get(id);
    if (result?.exceptionDetails !== undefined) {
      const { exception, text: what } = result.exceptionDetails;
      settle?.({ outcome: "thrown", what: String(exception?.description ?? what).split("\n")[0] ?? "" });
    } else settle?.({ outcome: "value", value: result?.result?.value });
  }

  #end(): void {
    for (const settle of [...this.#waiting.values()]) settle({ outcome: "closed" });
  }
}

/** The part of `Runtime.evaluate`'s answer that is read. */
interface EvaluateResult {
  readonly result?: { readonly value?: unknown };
  readonly exceptionDetails?: { readonly text?: string; readonly exception?: { readonly description?: string } };
}

/** Path of the first session that the inspector offers. */
function findSession(listener: Listener, deadlineMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const { host, port } = listener;
    const request = get({ host, port, path: "/json/list", agent: false, signal: AbortSignal.timeout(deadlineMs) });
    request.on("error", () => resolve(undefined));
    request.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8").on("error", () => resolve(undefined));
      response.on("data", (chunk: string) => {
        text += chunk;
        if (text.length > MAX_LIST_BYTES) request.destroy();
      });
      response.on("close", () => resolve(sessionPath(parse(text))));
    });
  });
}

function sessionPath(list: unknown): string | undefined {
  const first: unknown = Array.isArray(list) ? list[0] : undefined;
  const { webSocketDebuggerUrl } = (first ?? {}) as { webSocketDebuggerUrl?: unknown };
  return /^ws:\/\/[^/]+(\/[\w-]+)$/.exec(String(webSocketDebuggerUrl))?.[1];
}

function authorityOf({ host, port }: Listener): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}
