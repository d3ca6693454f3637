/**
 * One request to an endpoint, over node:http, because `fetch` costs some 10 MB more. What goes wrong becomes an {@link EndpointFailure}
 * that says whether trying again can help; neither the question nor the key is repeated in it.
 */
import type { Agent, ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import type { LlmConfig } from "./llm-config.ts";

/** What there is of an error's body: its codes are short, its sentences may repeat the question. */
const MAX_ERROR_BYTES = 16 * 1024;

/** A request that brought no answer. */
export class EndpointFailure extends Error {
  /** Busy: wait, and try again. Failed: try again. Refused: the same would come of it. */
  readonly kind: "busy" | "failed" | "refused";
  /** What the endpoint said how long to wait, in milliseconds. */
  readonly waitMs: number | undefined;

  constructor(kind: EndpointFailure["kind"], reason: string, waitMs?: number) {
    super(reason);
    this.kind = kind;
    this.waitMs = waitMs;
  }
}

type Opener = (options: RequestOptions, onResponse: (response: IncomingMessage) => void) => ClientRequest;

/** Sends requests over connections that stay open. */
export class Endpoint {
  readonly #config: LlmConfig;
  #transport: Promise<{ readonly open: Opener; readonly agent: Agent }> | undefined;

  constructor(config: LlmConfig) {
    this.#config = config;
  }

  /**
   * Sends a body and resolves with the response once it has begun well; reading it is the caller's.
   *
   * @throws EndpointFailure, or the signal's reason.
   */
  async send(path: string, body: string, signal: AbortSignal | undefined): Promise<IncomingMessage> {
    const { open, agent } = await (this.#transport ??= this.#connect());
    signal?.throwIfAborted();
    const { baseUrl, timeoutMs } = this.#config;
    const apiKey = this.#config.apiKey();
    const bytes = Buffer.from(body);
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = open(
        {
          protocol: baseUrl.protocol,
          hostname: baseUrl.hostname.replace(/^\[|\]$/g, ""),
          port: baseUrl.port,
          path: `${baseUrl.pathname.replace(/\/$/, "")}/${path}${baseUrl.search}`,
          method: "POST",
          agent,
          ...(signal && { signal }),
          headers: {
            "content-type": "application/json",
            "content-length": bytes.length,
            ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
          },
        },
        resolve,
      );
      // Without a byte: a stream that is slow but alive is not given up.
      request.setTimeout(timeoutMs, () => request.destroy(silentFor(timeoutMs)));
      request.on("error", (error) => reject(failureOf(error, signal)));
      request.end(bytes);
    });
    if (response.statusCode === 200) return response;
    throw await refusalOf(response);
  }

  /** Closes all connections. */
  async close(): Promise<void> {
    const transport = this.#transport;
    this.#transport = undefined;
    if (transport) (await transport).agent.destroy();
  }

  async #connect(): Promise<{ readonly open: Opener; readonly agent: Agent }> {
    const { request, Agent } =
      this.#config.baseUrl.protocol === "https:" ? await import("node:https") : await import("node:http");
    return { open: request, agent: new Agent({ keepAlive: true, maxFreeSockets: 64 }) };
  }
}

/** Nothing came for so long. */
export function silentFor(timeoutMs: number): EndpointFailure {
  return new EndpointFailure("failed", `nothing came for ${timeoutMs / 1000} s`);
}

/** What an error of the connection is. */
export function failureOf(error: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  if (error instanceof EndpointFailure) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : "the connection broke";
  return new EndpointFailure("failed", `no whole answer (${code})`);
}

async function refusalOf(response: IncomingMessage): Promise<EndpointFailure> {
  const { statusCode = 0, headers } = response;
  const reason = `it answered ${statusCode}`;
  let text = "";
  try {
    for await (const chunk of response) {
      text += String(chunk);
      if (text.length > MAX_ERROR_BYTES) break;
    }
  } catch {
    // The status has to do.
  }
  response.destroy();
  if (statusCode === 429 || (statusCode === 503 && headers["retry-after"] !== undefined))
    return new EndpointFailure("busy", reason, waitOf(headers["retry-after"]));
  if (statusCode === 408 || statusCode === 409 || statusCode >= 500) return new EndpointFailure("failed", reason);
  const codes = codesIn(text);
  return new EndpointFailure("refused", codes === "" ? reason : `${reason} (${codes})`);
}

function codesIn(text: string): string {
  try {
    const { error } = JSON.parse(text) as { error?: { code?: unknown; param?: unknown; type?: unknown } };
    return [error?.code ?? error?.type, error?.param]
      .filter((value): value is string => typeof value === "string" && /^[\w.-]{1,60}$/.test(value))
      .join(": ");
  } catch {
    return "";
  }
}

/** Seconds or a date (RFC 9110, 10.2.3). */
function waitOf(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d+(?:\.\d+)?$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
