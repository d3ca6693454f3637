/**
 * One call of an OpenAI-compatible endpoint (`POST {base}/chat/completions`), over node:http, because
 * `fetch` costs 10 MB more. What goes wrong is said without the question and without the key.
 */
import type { Agent, ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import { UnminifyError } from "../unminify-error.ts";

/** Answers are a few kilobytes; what is longer is none. */
const MAX_ANSWER_BYTES = 256 * 1024;

/** Where a model is. */
export interface EndpointOptions {
  /** Such as `http://localhost:11434/v1`. */
  readonly baseUrl: string;
  /** Sent as a bearer token. Default: none. */
  readonly apiKey?: string;
  /** Milliseconds until a call is given up. */
  readonly timeoutMs: number;
}

/** What came of a call. */
export type Reply =
  | { readonly kind: "answer"; readonly text: string }
  /** Too many calls: wait so long, or as one likes. */
  | { readonly kind: "busy"; readonly waitMs: number | undefined; readonly reason: string }
  /** May be better next time. */
  | { readonly kind: "failed"; readonly reason: string }
  /** Will be the same next time. */
  | { readonly kind: "refused"; readonly reason: string; readonly parameter: string | undefined };

/** Calls an endpoint over connections that stay open. */
export class Endpoint implements Disposable {
  readonly #options: EndpointOptions;
  readonly #url: URL;
  readonly #request: (options: RequestOptions, onResponse: (response: IncomingMessage) => void) => ClientRequest;
  readonly #agent: Agent;

  private constructor(
    options: EndpointOptions,
    url: URL,
    { request, Agent }: Pick<typeof import("node:https"), "request" | "Agent"> | typeof import("node:http"),
  ) {
    this.#options = options;
    this.#url = url;
    this.#request = request;
    this.#agent = new Agent({ keepAlive: true });
  }

  /** @throws UnminifyError `BAD_USAGE` when the URL is none. */
  static async open(options: EndpointOptions): Promise<Endpoint> {
    const text = `${options.baseUrl.replace(/\/+$/, "")}/chat/completions`;
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url?.protocol === "http:") return new Endpoint(options, url, await import("node:http"));
    if (url?.protocol === "https:") return new Endpoint(options, url, await import("node:https"));
    throw new UnminifyError(
      "BAD_USAGE",
      "--base-url is no http or https URL: give one such as http://localhost:11434/v1",
    );
  }

  /** Sends a body; never rejects. */
  ask(body: string, signal: AbortSignal): Promise<Reply> {
    return new Promise((resolve) => {
      const bytes = Buffer.from(body);
      const fail = (reason: string): void => resolve({ kind: "failed", reason });
      const deadline = setTimeout(() => {
        fail(`no answer within ${this.#options.timeoutMs / 1000} s`);
        request.destroy();
      }, this.#options.timeoutMs);
      const request = this.#request(
        {
          protocol: this.#url.protocol,
          hostname: this.#url.hostname.replace(/^\[|\]$/g, ""),
          port: this.#url.port,
          path: this.#url.pathname + this.#url.search,
          method: "POST",
          agent: this.#agent,
          signal,
          headers: {
            "content-type": "application/json",
            "content-length": bytes.length,
            ...(this.#options.apiKey !== undefined && { authorization: `Bearer ${this.#options.apiKey}` }),
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          let length = 0;
          response.on("data", (chunk: Buffer) => {
            length += chunk.length;
            if (length <= MAX_ANSWER_BYTES) chunks.push(chunk);
            else {
              fail(`an answer of more than ${MAX_ANSWER_BYTES} bytes`);
              request.destroy();
            }
          });
          response.on("end", () => resolve(replyOf(response, Buffer.concat(chunks).toString("utf8"))));
          response.on("error", () => fail("the connection broke"));
          response.on("close", () => clearTimeout(deadline));
        },
      );
      request.on("error", (error) => {
        clearTimeout(deadline);
        fail(`no connection (${"code" in error ? String(error.code) : error.name})`);
      });
      request.end(bytes);
    });
  }

  /** Closes all connections. */
  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}

function replyOf({ statusCode = 0, headers }: IncomingMessage, text: string): Reply {
  const reason = `it answered ${statusCode}`;
  if (statusCode === 429 || (statusCode === 503 && headers["retry-after"] !== undefined))
    return { kind: "busy", waitMs: waitOf(headers["retry-after"]), reason };
  if (statusCode === 408 || statusCode >= 500) return { kind: "failed", reason };
  if (statusCode !== 200) return refusalOf(reason, text);
  const content = contentOf(text);
  return content === undefined
    ? { kind: "failed", reason: "its answer is no chat completion" }
    : { kind: "answer", text: content };
}

/** Of what the endpoint says of it only the codes are shown: its sentences may repeat the question. */
function refusalOf(reason: string, text: string): Reply {
  let error: { code?: unknown; param?: unknown } = {};
  try {
    error = (JSON.parse(text) as { error?: typeof error } | null)?.error ?? {};
  } catch {
    // Not JSON: the status has to do.
  }
  const [code, parameter] = [error.code, error.param].map((value) =>
    typeof value === "string" && /^[\w.-]{1,60}$/.test(value) ? value : undefined,
  );
  const codes = [code, parameter].filter((value) => value !== undefined).join(": ");
  return { kind: "refused", reason: codes === "" ? reason : `${reason} (${codes})`, parameter };
}

/** Seconds or a date (RFC 9110, 10.2.3). */
function waitOf(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d+(?:\.\d+)?$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

function contentOf(text: string): string | undefined {
  try {
    const { choices } = JSON.parse(text) as { choices?: { message?: { content?: unknown } }[] };
    const content = choices?.[0]?.message?.content;
    return typeof content === "string" ? content : undefined;
  } catch {
    return undefined;
  }
}
