/** A client of the HTTP transport that comes, looks at the tools, and goes. */
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

/** One session from its beginning to its end. */
export async function comeAndGo(url: URL, token: string): Promise<void> {
  const client = new Client({ name: "visitor", version: "1" });
  const headers = { Authorization: `Bearer ${token}` };
  const transport = new StreamableHTTPClientTransport(url, { requestInit: { headers } });
  await client.connect(transport);
  await client.listTools();
  await transport.terminateSession();
  await client.close();
}
