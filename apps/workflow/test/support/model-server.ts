/**
 * An OpenAI-compatible endpoint on loopback that answers from the question alone, and misbehaves in the ways that real ones do. It also
 * hands out documents, so that tools have something to fetch.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/** What an endpoint may do instead of answering well. */
export type Fault =
  | "busy"
  | "busy until later"
  | "error"
  | "garbage"
  | "half JSON"
  | "cut off"
  | "cut off late"
  | "hang"
  | "refusal"
  | "endless event"
  | "no stream";

/** How it behaves. */
export interface ModelServerOptions {
  /** What goes wrong with a request, by its number from 0. Default: nothing. */
  readonly fault?: (request: number, question: string) => Fault | undefined;
  /** Milliseconds until it answers, and between pieces of a stream. Default: 0. */
  readonly delayMs?: number;
  readonly pieceDelayMs?: number;
  /** The answer to a question. Default: `echo: ` and the question. */
  readonly answer?: (question: string, body: WireBody) => string | WireMessage;
  /** Bytes of a stream are sent in pieces of so many, wherever a character ends. Default: 7. */
  readonly pieceBytes?: number;
}

/** A request as it came. */
export interface WireBody {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  /** Of `/completions`, instead of messages. */
  readonly prompt?: readonly string[];
  readonly stream?: boolean;
  readonly max_tokens?: number;
  readonly temperature?: number;
  readonly tools?: readonly unknown[];
}

/** An answer with tool calls. */
export interface WireMessage {
  readonly content: string;
  readonly tool_calls?: readonly { id: string; type: "function"; function: { name: string; arguments: string } }[];
}

/** The endpoint. */
export class ModelServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #options: ModelServerOptions;
  /** Questions in the order in which they came. */
  readonly questions: string[] = [];
  /** Bodies of the last hundred. */
  readonly bodies: WireBody[] = [];
  /** Most requests that were open at once. */
  mostOpen = 0;
  /** Bytes of streams that the sockets have taken. */
  sentBytes = 0;
  #open = 0;
  #keys = new Set<string | undefined>();

  private constructor(options: ModelServerOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      this.mostOpen = Math.max(this.mostOpen, ++this.#open);
      response.on("close", () => this.#open--);
      response.on("error", () => undefined);
      void this.#serve(request, response).catch(() => response.destroy());
    });
  }

  /** Begins to listen. */
  static async start(options: ModelServerOptions = {}): Promise<ModelServer> {
    const server = new ModelServer(options);
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  /** Requests that are open. */
  get open(): number {
    return this.#open;
  }

  /** Such as `http://127.0.0.1:4711`. */
  get origin(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  }

  /** What a client is given. */
  get baseUrl(): string {
    return `${this.origin}/v1`;
  }

  /** Keys that were sent. */
  get keys(): readonly (string | undefined)[] {
    return [...this.#keys];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === "GET") return this.#document(request, response);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString("utf8")) as WireBody;
    const question = body.messages?.at(-1)?.content ?? body.prompt?.join("\n") ?? "";
    this.#keys.add(request.headers.authorization);
    const number = this.questions.push(question) - 1;
    this.bodies.push(body);
    if (this.bodies.length > 100) this.bodies.shift();
    if (this.#options.delayMs) await sleep(this.#options.delayMs);
    const isKnown = ["/v1/chat/completions", "/v1/completions"].includes(request.url ?? "");
    const fault = isKnown ? this.#options.fault?.(number, question) : "refusal";
    const given = this.#options.answer?.(question, body) ?? `echo: ${question}`;
    const message = typeof given === "string" ? { content: given } : given;
    switch (fault) {
      case "hang":
        return;
      case "busy":
        response.writeHead(429, { "retry-after": "0.05" }).end("{}");
        return;
      case "busy until later":
        response.writeHead(503, { "retry-after": new Date(Date.now() + 1000).toUTCString() }).end();
        return;
      case "error":
        response.writeHead(500).end("it broke");
        return;
      case "refusal":
        response.writeHead(400).end(JSON.stringify({ error: { message: "secret words", code: "model_not_found" } }));
        return;
      case "garbage":
        response.writeHead(200, { "content-type": body.stream ? "text/event-stream" : "text/html" });
        response.end(body.stream ? "data: <html>\n\n" : "<html>not what you think</html>");
        return;
      case "half JSON":
        response.writeHead(200).end('{"choices":[{"mess');
        return;
      case "no stream":
        response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(completion(message, body)));
        return;
      case "endless event": {
        response.writeHead(200, { "content-type": "text/event-stream" });
        for (let i = 0; i < 200 && !response.destroyed; i++)
          await new Promise((resolve) => response.write("x".repeat(64 * 1024), resolve));
        response.end();
        return;
      }
      default:
        if (body.prompt && fault === undefined) {
          // Not in their order, which is allowed.
          const choices = body.prompt.map((prompt, index) => ({
            index,
            text: `echo: ${prompt}`,
            finish_reason: "stop",
          }));
          const usage = { prompt_tokens: 4 * choices.length, completion_tokens: 6 * choices.length };
          response.writeHead(200, { "content-type": "application/json" });
          response.end(JSON.stringify({ choices: choices.toReversed(), usage }));
          return;
        }
        if (body.stream) return this.#stream(response, message, body, fault);
        if (fault === undefined)
          response
            .writeHead(200, { "content-type": "application/json" })
            .end(JSON.stringify(completion(message, body)));
        else {
          response.writeHead(200, { "content-length": 1000 });
          response.write('{"choi', () => response.destroy());
        }
    }
  }

  async #stream(
    response: ServerResponse,
    message: WireMessage,
    body: WireBody,
    fault: Fault | undefined,
  ): Promise<void> {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const words = message.content.match(/\S*\s*/gu)?.filter((word) => word !== "") ?? [];
    const events = words.map((word) => ({ choices: [{ delta: { content: word }, finish_reason: null }] }));
    const end = { choices: [{ delta: { tool_calls: message.tool_calls }, finish_reason: "stop" }] };
    const { usage } = completion(message, body);
    const lines = [...events, end, { choices: [], usage }].map((event) => `data: ${JSON.stringify(event)}\n\n`);
    const bytes = Buffer.from(`: hello\n\n${lines.join("")}data: [DONE]\n\n`);
    const until = fault === "cut off" ? 0 : fault === "cut off late" ? Math.floor(bytes.length / 2) : bytes.length;
    const { pieceBytes = 7, pieceDelayMs = 0 } = this.#options;
    for (let at = 0; at < until && !response.destroyed; at += pieceBytes) {
      const piece = bytes.subarray(at, Math.min(until, at + pieceBytes));
      if (!response.write(piece))
        await new Promise((resolve) => response.once("drain", resolve).once("close", resolve));
      this.sentBytes += piece.length;
      if (pieceDelayMs > 0) await sleep(pieceDelayMs);
    }
    if (fault === undefined) response.end();
    else setTimeout(() => response.destroy(), 20);
  }

  /** `/documents/17?bytes=1000000`: text that is the same each time. */
  #document(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? "/", "http://localhost");
    const number = url.pathname.split("/").at(-1) ?? "";
    const bytes = Number(url.searchParams.get("bytes") ?? 1000);
    const text = `Document ${number}. `;
    response.writeHead(200, { "content-type": "text/plain" });
    response.end(text.repeat(Math.ceil(bytes / text.length)).slice(0, bytes));
  }
}

function completion(message: WireMessage, body: WireBody) {
  const promptTokens = (body.messages ?? []).reduce((sum, { content }) => sum + Math.ceil(content.length / 4), 0);
  return {
    object: "chat.completion",
    model: body.model,
    choices: [
      {
        index: 0,
        message: { role: "assistant", ...message },
        finish_reason: message.tool_calls ? "tool_calls" : "stop",
      },
    ],
    usage: { prompt_tokens: promptTokens, completion_tokens: Math.ceil(message.content.length / 4) },
  };
}
