/**
 * The protocol over HTTP, for clients of the same machine: on the loopback interface alone, with a token that every request carries, and Host
 * and Origin checked before anything is read, so that no page in a browser reaches it by rebinding a name (MCP, transports, security).
 */
import { createHash, randomUUID, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { isInitializeRequest } from "@modelcontextprotocol/sdk/types.js";
import { type SessionOptions, Sessions } from "./sessions.ts";
import type { Connectable } from "./stdio.ts";

/** How to serve. */
export interface HttpOptions extends SessionOptions {
  /** Default: 0, any that is free. */
  readonly port?: number;
  /** Every request carries it: `Authorization: Bearer …`. */
  readonly token: string;
  /** Makes the server of a new session; it is told the session's number. */
  readonly connect: (session: string) => Connectable;
}

/** A server that listens. */
export interface HttpServer extends AsyncDisposable {
  /** Where clients post to. */
  readonly url: string;
  /** Sessions that are open. */
  readonly sessions: number;
}

const HOST = "127.0.0.1";
const PATH = "/mcp";
const MOST_BODY_BYTES = 256 * 1024;
const MOST_CONNECTIONS = 40;
const REQUEST_MS = 30_000;
const LOCAL = /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/;
const LOCAL_ORIGIN = /^https?:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/;

/** Listens. */
export async function serveHttp(options: HttpOptions): Promise<HttpServer> {
  const sessions = new Sessions(options);
  const wanted = digest(options.token);
  let lastSession = 0;
  const server = createServer((request, response) => {
    const number = (): string => `http-${(lastSession += 1)}`;
    handle(request, response, { sessions, wanted, connect: options.connect, number }).catch(() => {
      if (!response.headersSent) refuse(response, 500, "The server failed itself.");
      else response.destroy();
    });
  });
  server.maxConnections = MOST_CONNECTIONS;
  server.headersTimeout = REQUEST_MS;
  server.requestTimeout = REQUEST_MS;
  await listen(server, options.port ?? 0);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${HOST}:${port}${PATH}`,
    get sessions() {
      return sessions.size;
    },
    async [Symbol.asyncDispose]() {
      await sessions[Symbol.asyncDispose]();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

interface Surroundings {
  readonly sessions: Sessions;
  readonly wanted: Buffer;
  readonly connect: HttpOptions["connect"];
  readonly number: () => string;
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  { sessions, wanted, connect, number }: Surroundings,
): Promise<void> {
  const { host = "", origin, authorization = "", "mcp-session-id": id } = request.headers;
  if (!LOCAL.test(host)) return refuse(response, 403, "Host is not of this machine.");
  if (origin !== undefined && !LOCAL_ORIGIN.test(origin))
    return refuse(response, 403, "Origin is not of this machine.");
  if (request.url?.split("?")[0] !== PATH) return refuse(response, 404, `Only ${PATH} is served.`);
  if (!timingSafeEqual(digest(authorization.replace(/^Bearer /i, "")), wanted)) {
    response.setHeader("WWW-Authenticate", "Bearer");
    return refuse(response, 401, "The token is missing or wrong: Authorization: Bearer TOKEN.");
  }
  const body = request.method === "POST" ? await readBody(request) : undefined;
  if (body === "too-large") return refuse(response, 413, `A request may have ${MOST_BODY_BYTES} bytes.`);
  if (body === "no-json") return refuse(response, 400, "The body is no JSON.", -32700);
  if (typeof id === "string") {
    const known = sessions.use(id, response);
    if (!known) return refuse(response, 404, "There is no such session: initialize again.", -32001);
    await known.handleRequest(request, response, body?.json);
    return;
  }
  if (!isInitializeRequest(body?.json))
    return refuse(response, 400, "A session begins with initialize, and its id comes with every further request.");
  if (!sessions.makeRoom()) return refuse(response, 503, "All sessions are in use: end one, or wait.");
  const transport: StreamableHTTPServerTransport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (session) => sessions.add(session, transport),
    onsessionclosed: (session) => sessions.forget(session),
  });
  await connect(number()).connect(transport);
  await transport.handleRequest(request, response, body?.json);
  // What could not be initialised has no id, and would never be closed.
  if (transport.sessionId === undefined) await transport.close();
}

async function readBody(request: IncomingMessage): Promise<{ readonly json: unknown } | "too-large" | "no-json"> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > MOST_BODY_BYTES) return "too-large";
    parts.push(part);
  }
  try {
    const json: unknown = JSON.parse(Buffer.concat(parts).toString("utf8"));
    return { json };
  } catch {
    return "no-json";
  }
}

function refuse(response: ServerResponse, status: number, message: string, code = -32000): void {
  const text = JSON.stringify({ jsonrpc: "2.0", id: null, error: { code, message } });
  // What is left of the body is not read.
  response
    .writeHead(status, { "Content-Type": "application/json", ...(status === 413 ? { Connection: "close" } : {}) })
    .end(text);
}

/** Equal lengths, as comparing in constant time asks for. */
function digest(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject).listen(port, HOST, resolve);
  });
}
