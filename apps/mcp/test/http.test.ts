/** HTTP: who is let in, and that sessions do not pile up. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { describe, expect, it } from "vitest";
import { type HttpServer, serveHttp } from "../src/transport/http.ts";
import { comeAndGo } from "./support/http-session.ts";

const PROGRAM = join(import.meta.dirname, "..", "bin", "plimsoll-mcp.js");
const TOKEN = "a-token-for-tests";
const STATE_MS = { timeout: 20_000 };
const INITIALIZE = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "test", version: "1" } },
};

function serve(options: { most?: number; idleMs?: number } = {}): Promise<HttpServer> {
  return serveHttp({ token: TOKEN, connect: () => new Server({ name: "test", version: "1" }), ...options });
}

async function post(url: string, body: string, headers: Record<string, string> = {}): Promise<number> {
  const all = {
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    authorization: `Bearer ${TOKEN}`,
    ...headers,
  };
  // fetch would not send another Host.
  const sent = request(url, { method: "POST", headers: all, agent: false }).end(body);
  const [response] = (await once(sent, "response")) as [import("node:http").IncomingMessage];
  response.resume();
  response.once("error", () => {});
  return response.statusCode ?? 0;
}

describe("who is let in", () => {
  const body = JSON.stringify(INITIALIZE);
  it.each([
    ["a client with the token", {}, 200],
    ["a page of this machine", { origin: "http://localhost:3000" }, 200],
    ["a client without a token", { authorization: "" }, 401],
    ["a client with another token", { authorization: "Bearer other" }, 401],
    ["a page of another site", { origin: "https://evil.example" }, 403],
    ["a name that was bound to this machine", { host: "evil.example" }, 403],
    ["a name that begins like this machine's", { host: "localhost.evil.example" }, 403],
    ["a session that is not there", { "mcp-session-id": "nobody" }, 404],
  ])("%s", async (_who, headers, status) => {
    await using server = await serve();
    expect(await post(server.url, body, headers)).toBe(status);
  });

  it.each([
    ["a body that is no JSON", "{", 400],
    ["a request before initialize", '{"jsonrpc":"2.0","id":1,"method":"ping"}', 400],
    ["a body without end", "x".repeat(1_100_000), 413],
  ])("not %s", async (_what, body, status) => {
    await using server = await serve();
    expect(await post(server.url, body)).toBe(status);
    expect(server.sessions).toBe(0);
  });

  it("listens on the loopback interface alone", async () => {
    await using server = await serve();
    expect(new URL(server.url).hostname).toBe("127.0.0.1");
  });
});

describe("the command", () => {
  it("serves HTTP with a token of its own, which only its owner can read, and ends in peace", async () => {
    const dir = mkdtempSync(join(tmpdir(), "plimsoll-mcp-http-"));
    const child = spawn(process.execPath, [PROGRAM, "--http", "0", "--dir", dir], {
      stdio: ["ignore", "ignore", "pipe"],
      timeout: 60_000,
      killSignal: "SIGKILL",
    });
    try {
      const [said] = (await once(child.stderr, "data")) as [Buffer];
      const url = new URL(/http:\S+\/mcp/.exec(said.toString())?.[0] ?? "");
      const token = readFileSync(join(dir, "token"), "utf8").trim();
      expect(statSync(join(dir, "token")).mode & 0o777).toBe(0o600);
      const client = new Client({ name: "test", version: "1" });
      await client.connect(
        new StreamableHTTPClientTransport(url, { requestInit: { headers: { Authorization: `Bearer ${token}` } } }),
      );
      expect(await client.callTool({ name: "start_process", arguments: { command: ["node"] } })).toMatchObject({
        isError: true,
        content: [{ text: expect.stringContaining("--allow start") as string }],
      });
      expect((await client.listTools()).tools.length).toBeGreaterThan(20);
      child.kill("SIGTERM");
      expect(await once(child, "exit")).toEqual([0, null]);
      await client.close();
    } finally {
      child.kill("SIGKILL");
      rmSync(dir, { recursive: true, force: true });
    }
  });
});

describe("sessions", () => {
  async function connect(server: HttpServer): Promise<{ client: Client; transport: StreamableHTTPClientTransport }> {
    const client = new Client({ name: "test", version: "1" });
    const headers = { Authorization: `Bearer ${TOKEN}` };
    const transport = new StreamableHTTPClientTransport(new URL(server.url), { requestInit: { headers } });
    await client.connect(transport);
    return { client, transport };
  }

  it("end when a client says so", async () => {
    await using server = await serve();
    const { client, transport } = await connect(server);
    await client.ping();
    expect(server.sessions).toBe(1);
    await transport.terminateSession();
    await client.close();
    expect(server.sessions).toBe(0);
  });

  it("that came and went leave nothing behind", async () => {
    await using server = await serveHttp({
      token: TOKEN,
      connect: () => {
        const fresh = new Server({ name: "test", version: "1" }, { capabilities: { tools: {} } });
        fresh.setRequestHandler(ListToolsRequestSchema, () => ({ tools: [] }));
        return fresh;
      },
    });
    for (let nth = 0; nth < 30; nth += 1) await comeAndGo(new URL(server.url), TOKEN);
    expect(server.sessions).toBe(0);
  });

  it("are bounded, and the one too many is told", async () => {
    await using server = await serve({ most: 3 });
    for (let nth = 0; nth < 3; nth += 1) expect(await post(server.url, JSON.stringify(INITIALIZE))).toBe(200);
    expect(await post(server.url, JSON.stringify(INITIALIZE))).toBe(503);
    expect(server.sessions).toBe(3);
  });

  it("end when they are idle, though nobody said so", async () => {
    await using server = await serve({ idleMs: 200 });
    for (let nth = 0; nth < 5; nth += 1) await post(server.url, JSON.stringify(INITIALIZE));
    await expect.poll(() => server.sessions, STATE_MS).toBe(0);
  });
});
