/** Runs the official suite, which needs Node.js 22, against the shipped transport, and counts its checks. */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { promisify } from "node:util";
import { installPackages } from "../../../../test/support/install-packages.ts";
import { availableNodes } from "../../../../test/support/nodes.ts";
import { serveHttp } from "../../src/transport/http.ts";
import { createFixtureServer } from "./fixture-server.ts";
import { startTokenProxy } from "./token-proxy.ts";

const SUITE = join(import.meta.dirname, "node_modules", "@modelcontextprotocol", "conformance", "dist", "index.js");
const SUITE_MS = 180_000;
/** The suite opens sessions and leaves some of them. */
const SESSIONS = 80;

/** What came of it. */
export interface Conformance {
  readonly passed: number;
  readonly failed: number;
  readonly scenarios: number;
  /** Of the suite, for a reader of a failure. */
  readonly said: string;
}

/** Runs all scenarios of the active suite. */
export async function runConformance(): Promise<Conformance> {
  await installPackages(import.meta.dirname);
  const node = availableNodes().find(({ version }) => version.startsWith("22."));
  if (!node) throw new Error("The suite needs Node.js 22: npm ci --prefix test/runtimes");
  const token = randomBytes(16).toString("hex");
  await using server = await serveHttp({ token, most: SESSIONS, connect: createFixtureServer });
  await using proxy = await startTokenProxy(server.url, token);
  const options = { timeout: SUITE_MS, killSignal: "SIGKILL", maxBuffer: 2 ** 24 } as const;
  const { stdout, stderr } = await promisify(execFile)(node.path, [SUITE, "server", "--url", proxy.url], options).catch(
    (error: { stdout?: string; stderr?: string }) => ({
      stdout: error.stdout ?? "",
      stderr: error.stderr ?? "",
    }),
  );
  const total = /Total: (\d+) passed, (\d+) failed/.exec(stdout);
  return {
    passed: Number(total?.[1] ?? 0),
    failed: Number(total?.[2] ?? -1),
    scenarios: [...stdout.matchAll(/^[✓✗] /gm)].length,
    said: `${stdout.slice(-4000)}\n${stderr.slice(-1000)}`,
  };
}
