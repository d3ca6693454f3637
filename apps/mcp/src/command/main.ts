/**
 * The executable, which `bin/plimsoll-mcp.js` loads. stdout belongs to the protocol; what is for people goes to stderr. It ends with
 * its client (stdio) or by a signal, and what it has started ends with it.
 */
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { PlimsollError } from "plimsoll/monitor";
import { createServer } from "../server/create-server.ts";
import { openServices, type Services } from "../server/services.ts";
import type { Grant } from "../server/tool.ts";
import { version } from "../server/version.ts";
import { type CommandOptions, HELP, parseOptions } from "./options.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    process.stdout.write(HELP);
    return 0;
  }
  if (args.includes("--version")) {
    process.stdout.write(`${version}\n`);
    return 0;
  }
  const options = parseOptions(args, process.env);
  const postgresUrl = process.env["PLIMSOLL_MCP_POSTGRES"];
  const token = process.env["PLIMSOLL_MCP_TOKEN"];
  // What the server starts must not inherit them.
  delete process.env["PLIMSOLL_MCP_POSTGRES"];
  delete process.env["PLIMSOLL_MCP_TOKEN"];
  const services = await openServices({ ...options, ...(postgresUrl === undefined ? {} : { postgresUrl }) });
  const stopped = new Promise<void>((resolve) => {
    for (const signal of SIGNALS) process.once(signal, () => resolve());
  });
  try {
    if (options.port === undefined) await overStdio(services, options.grants, stopped);
    else await overHttp(services, options, options.port, token, stopped);
  } finally {
    await services[Symbol.asyncDispose]();
  }
  return 0;
}

/** Who starts a server over stdio can start programs anyway: that needs no grant. */
async function overStdio(services: Services, granted: ReadonlySet<Grant>, stopped: Promise<void>): Promise<void> {
  const { serveStdio } = await import("../transport/stdio.ts");
  const grants: ReadonlySet<Grant> = new Set([...granted, "start"]);
  await Promise.race([serveStdio(createServer({ services, grants, session: "stdio" })), stopped]);
}

async function overHttp(
  services: Services,
  { grants, dir }: CommandOptions,
  port: number,
  given: string | undefined,
  stopped: Promise<void>,
): Promise<void> {
  const { serveHttp } = await import("../transport/http.ts");
  const token = given ?? randomBytes(24).toString("base64url");
  const file = join(dir, "token");
  if (given === undefined) writeFileSync(file, `${token}\n`, { mode: 0o600 });
  // No `await using` here: TypeScript 6 would leave the path of the import above as it is.
  const server = await serveHttp({ port, token, connect: (session) => createServer({ services, grants, session }) });
  try {
    const where = given === undefined ? `; the token is in ${file}` : "";
    process.stderr.write(`plimsoll-mcp: serving ${server.url}${where}\n`);
    await stopped;
  } finally {
    await server[Symbol.asyncDispose]();
  }
}

function explain(error: unknown): number {
  if (PlimsollError.is(error)) {
    const { example, next } = error.details;
    const hint = next ?? example;
    process.stderr.write(`plimsoll-mcp: ${error.message}\n${typeof hint === "string" ? `  try: ${hint}\n` : ""}`);
    return error.code === "ERR_PLIMSOLL_USAGE" || error.code === "ERR_PLIMSOLL_BAD_SIZE" ? 64 : 70;
  }
  process.stderr.write(`plimsoll-mcp: ${error instanceof Error ? error.message : String(error)}\n`);
  return 70;
}

// A client that is gone must not end the server before what it has started.
process.stdout.on("error", () => {});
process.stderr.on("error", () => {});
process.exitCode = await main(process.argv.slice(2)).catch(explain);
// stdin may be open still, after a signal.
process.stdin.destroy();
