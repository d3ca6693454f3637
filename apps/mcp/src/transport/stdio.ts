/** The protocol over stdin and stdout: one client, which has started the server and ends it by closing stdin. */
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { LineGate } from "./line-gate.ts";

/** What is served: a server of the SDK. */
export interface Connectable {
  /** Serves one client. */
  connect(transport: Transport): Promise<void>;
}

/**
 * Serves stdin and stdout.
 *
 * @returns when the client has closed them.
 */
export async function serveStdio(server: Connectable): Promise<void> {
  const gate = new LineGate(process.stdin, process.stdout);
  const ended = new Promise<void>((resolve) => {
    gate.once("end", resolve).once("close", resolve);
    process.stdin.once("error", () => resolve());
    // A client that is gone shows itself by its pipe.
    process.stdout.once("error", () => resolve());
  });
  await server.connect(new StdioServerTransport(gate, process.stdout));
  await ended;
}
