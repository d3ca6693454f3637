/**
 * A language model's endpoint on loopback that answers at once, by the labels alone, and fails in the
 * ways that real ones do. It counts what it is asked.
 */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

/** What an endpoint may do instead of answering. */
export type Fault =
  | "hang"
  | "cut off"
  | "garbage"
  | "wordy"
  | "truncated"
  | "busy"
  | "error"
  | "too cool"
  | "refusal"
  | "same name"
  | "bad names";

/** How it behaves. */
export interface FakeOptions {
  /** What goes wrong with a request, by its number from 0. Default: nothing. */
  readonly fault?: (request: number, body: string) => Fault | undefined;
  /** Milliseconds until it answers. Default: 0. */
  readonly delayMs?: number;
  /** Seconds in `retry-after`. Default: 0.05. */
  readonly retryAfter?: string;
}

/** One question as it came. */
export interface Question {
  readonly labels: readonly string[];
  readonly context: string;
  readonly body: string;
  readonly authorization: string | undefined;
  readonly atMs: number;
}

const WORDS = [
  "size",
  "shape",
  "value",
  "index",
  "tensor",
  "result",
  "config",
  "layer",
  "input",
  "output",
  "name",
  "key",
];

/** The name that it gives to a label. */
export function nameFor(label: string): string {
  const hash = createHash("sha1").update(label).digest();
  const [first = 0, second = 0] = hash;
  const tail = WORDS[second % WORDS.length] ?? "";
  return `${WORDS[first % WORDS.length]}${tail.charAt(0).toUpperCase()}${tail.slice(1)}`;
}

/** The endpoint. */
export class FakeModel implements AsyncDisposable {
  readonly #server: Server;
  readonly #options: FakeOptions;
  /** Every request, in order. */
  readonly questions: Question[] = [];
  /** Labels of the answers that were sent whole. */
  readonly answered: string[] = [];
  /** Most requests that were open at once. */
  mostOpen = 0;
  #open = 0;

  private constructor(options: FakeOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      this.mostOpen = Math.max(this.mostOpen, ++this.#open);
      response.on("close", () => this.#open--);
      void this.#serve(request, response);
    });
  }

  /** Begins to listen on a port of its own. */
  static async start(options: FakeOptions = {}): Promise<FakeModel> {
    const model = new FakeModel(options);
    await new Promise<void>((resolve) => model.#server.listen(0, "127.0.0.1", resolve));
    return model;
  }

  /** What a client is given. */
  get baseUrl(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/v1`;
  }

  /** Bytes of all questions. */
  get bytes(): number {
    return this.questions.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString("utf8");
    const question = questionIn(body, request.headers.authorization);
    const number = this.questions.push(question) - 1;
    const fault = request.url === "/v1/chat/completions" ? this.#options.fault?.(number, body) : "refusal";
    if (this.#options.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, this.#options.delayMs));
    this.#answer(response, question.labels, fault);
  }

  #answer(response: ServerResponse, labels: readonly string[], fault: Fault | undefined): void {
    const named = JSON.stringify(Object.fromEntries(labels.map((label) => [label, nameFor(label)])));
    switch (fault) {
      case "hang":
        return;
      case "cut off":
        response.writeHead(200, { "content-length": named.length });
        response.write(named.slice(0, 5), () => response.destroy());
        return;
      case "error":
      case "refusal":
        response.writeHead(fault === "error" ? 500 : 401).end("no");
        return;
      case "too cool":
        response
          .writeHead(400)
          .end(JSON.stringify({ error: { message: "secret", code: "unsupported_value", param: "temperature" } }));
        return;
      case "busy":
        response.writeHead(429, { "retry-after": this.#options.retryAfter ?? "0.05" }).end();
        return;
      case "garbage":
        response.end("<html>not what you think</html>");
        return;
      case "truncated":
        send(response, named.slice(0, named.length / 2));
        return;
      case "same name":
        send(response, JSON.stringify(Object.fromEntries(labels.map((label) => [label, "value"]))));
        return;
      case "bad names":
        send(
          response,
          JSON.stringify(Object.fromEntries(labels.map((label, index) => [label, BAD[index % BAD.length]]))),
        );
        return;
      case "wordy":
        send(response, `Here you are:\n\`\`\`json\n${named}\n\`\`\`\nAnything else?`);
        break;
      default:
        send(response, named);
    }
    this.answered.push(...labels);
  }
}

/** What must never become a name. */
export const BAD = [
  "class",
  "this.size",
  "a b",
  "",
  "1st",
  "größe",
  'x"',
  "eval",
  "foo()",
  "a".repeat(300),
  7,
  null,
  ["x"],
];

function send(response: ServerResponse, content: string): void {
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify({ choices: [{ message: { role: "assistant", content } }] }));
}

function questionIn(body: string, authorization: string | undefined): Question {
  const parsed = JSON.parse(body) as {
    messages: { content: string }[];
    response_format: { json_schema: { strict: boolean; schema: { required: string[] } } };
  };
  const context = parsed.messages.at(-1)?.content.split("\n\nName: ")[0] ?? "";
  return { labels: parsed.response_format.json_schema.schema.required, context, body, authorization, atMs: Date.now() };
}
