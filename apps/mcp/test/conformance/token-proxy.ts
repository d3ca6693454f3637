/** Adds the token, which the suite cannot send, to each request, and changes nothing else: Host and Origin arrive as they were sent. */
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";

/** A proxy that listens. */
export interface TokenProxy extends AsyncDisposable {
  readonly url: string;
}

/** Listens before a server. */
export async function startTokenProxy(target: string, token: string): Promise<TokenProxy> {
  const { port, pathname } = new URL(target);
  const proxy = createServer((incoming, outgoing) => {
    const headers = { ...incoming.headers, authorization: `Bearer ${token}` };
    const { method, url: path } = incoming;
    const onwards = request({ host: "127.0.0.1", port, method, path, headers, setHost: false }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onwards.on("error", () => outgoing.destroy());
    outgoing.on("close", () => onwards.destroy());
    incoming.pipe(onwards);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const { port: own } = proxy.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${own}${pathname}`,
    async [Symbol.asyncDispose]() {
      proxy.closeAllConnections();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}
