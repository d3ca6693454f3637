/** A client of the built server over stdio, as a coding agent is one: it counts calls and bytes, and the server ends with it. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { CallToolResultSchema } from "@modelcontextprotocol/sdk/types.js";
import type { AnswerPage } from "../../src/answer/answer.ts";

const PROGRAM = join(import.meta.dirname, "..", "..", "bin", "plimsoll-mcp.js");
const CALL_MS = 240_000;

/** How to start the server. */
export interface AgentOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The Node.js binary. Default: the running one. */
  readonly node?: string;
  /** Where its files go. Default: a new folder, removed at the end. */
  readonly dir?: string;
}

/** A client with its server. */
export class Agent implements AsyncDisposable {
  readonly client: Client;
  readonly dir: string;
  readonly pid: number;
  calls = 0;
  bytes = 0;
  largest = 0;
  readonly #owns: boolean;

  private constructor(client: Client, dir: string, owns: boolean, pid: number) {
    this.client = client;
    this.dir = dir;
    this.#owns = owns;
    this.pid = pid;
  }

  static async start({ args = [], env = {}, dir, node = process.execPath }: AgentOptions = {}): Promise<Agent> {
    const folder = dir ?? mkdtempSync(join(tmpdir(), "plimsoll-mcp-"));
    const transport = new StdioClientTransport({
      command: node,
      args: [PROGRAM, "--dir", folder, ...args],
      env: { PATH: process.env["PATH"] ?? "", ...env },
      stderr: "ignore",
    });
    const client = new Client({ name: "test", version: "1" });
    await client.connect(transport);
    return new Agent(client, folder, dir === undefined, transport.pid ?? 0);
  }

  /** Calls a tool that must answer. */
  async ask(name: string, args: Record<string, unknown> = {}): Promise<AnswerPage> {
    const { text, isError, page } = await this.call(name, args);
    if (isError || !page) throw new Error(`${name}: ${text}`);
    return page;
  }

  /** Calls a tool, whatever it answers. */
  async call(
    name: string,
    args: Record<string, unknown> = {},
  ): Promise<{ text: string; isError: boolean; page?: AnswerPage }> {
    const result = await this.client.callTool({ name, arguments: args }, CallToolResultSchema, { timeout: CALL_MS });
    const { content, structuredContent, isError = false } = CallToolResultSchema.parse(result);
    const text = content.map((part) => (part.type === "text" ? part.text : "")).join("");
    this.calls += 1;
    this.bytes += Buffer.byteLength(text);
    this.largest = Math.max(this.largest, Buffer.byteLength(text));
    // Parsed at the boundary: the client has checked it against the tool's own schema.
    return { text, isError, ...(structuredContent ? { page: structuredContent as unknown as AnswerPage } : {}) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close();
    if (this.#owns && existsSync(this.dir)) rmSync(this.dir, { recursive: true, force: true });
  }
}

/** The words of a fact. */
export function factOf({ facts }: AnswerPage, id: string): string {
  return facts.find((fact) => fact.id === id)?.says ?? "";
}
