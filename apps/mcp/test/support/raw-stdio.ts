/** A server over stdio without a client of the SDK's, for what such a client would not send. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const PROGRAM = join(import.meta.dirname, "..", "..", "bin", "plimsoll-mcp.js");
const DEADLINE_MS = 300_000;

/** A server that was initialised. */
export class RawServer implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly dir: string;
  /** Lines that came back. */
  answers = 0;
  /** Those that are no JSON: there must be none. */
  broken = 0;
  /** Ends the waiting for the last answer that was asked for. */
  #lost: () => void = () => {};
  readonly #waiting = new Map<unknown, (message: Record<string, unknown>) => void>();

  constructor() {
    this.dir = mkdtempSync(join(tmpdir(), "plimsoll-mcp-raw-"));
    const options = { timeout: DEADLINE_MS, killSignal: "SIGKILL" } as const;
    this.child = spawn(process.execPath, [PROGRAM, "--dir", this.dir], {
      ...options,
      stdio: ["pipe", "pipe", "ignore"],
    });
    this.child.once("exit", () => this.#lost());
    this.child.stdin?.on("error", () => {});
    if (this.child.stdout) createInterface({ input: this.child.stdout }).on("line", (line) => this.#take(line));
  }

  /** Resident memory now, in bytes. */
  get rssBytes(): number {
    const status = readFileSync(`/proc/${this.child.pid}/status`, "utf8");
    return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) * 1024;
  }

  /** The most that it ever had. */
  get peakRssBytes(): number {
    const status = readFileSync(`/proc/${this.child.pid}/status`, "utf8");
    return Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1]) * 1024;
  }

  /** True while it runs. */
  get isAlive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Shakes hands. */
  async initialize(): Promise<void> {
    const params = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "raw", version: "1" } };
    await this.request("initialize", params, "first");
    await this.write(JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" }));
  }

  /** Sends a line, when there is room for it. */
  async write(line: string): Promise<void> {
    const { stdin } = this.child;
    if (stdin && !stdin.write(`${line}\n`)) await once(stdin, "drain");
  }

  /** Asks, and waits for the answer. */
  async request(method: string, params: object, id: string): Promise<Record<string, unknown>> {
    const answer = new Promise<Record<string, unknown>>((resolve, reject) => {
      this.#waiting.set(id, resolve);
      this.#lost = () => reject(new Error("the server has ended"));
    });
    await this.write(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = this.isAlive ? once(this.child, "exit") : undefined;
    this.child.stdin?.end();
    await ended;
    rmSync(this.dir, { recursive: true, force: true });
  }

  #take(line: string): void {
    this.answers += 1;
    try {
      const message = JSON.parse(line) as Record<string, unknown>;
      this.#waiting.get(message["id"])?.(message);
    } catch {
      this.broken += 1;
    }
  }
}
