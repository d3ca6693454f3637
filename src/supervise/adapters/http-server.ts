/**
 * Drains a server of `node:http` without a lost request, for programs that run without a supervisor (under one the
 * preload does it for every server). Node's own `close()` closes idle keep-alive connections at once, on which a
 * request may be on its way; here they are answered with `Connection: close`, and closed only after a quiet time.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { Server as NetServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { DrainAction } from "../guard-options.ts";
import { isSupervised } from "../supervision.ts";

const LOOK_MS = 25;

/** How to drain. */
export interface HttpDrainOptions {
  /** How long an idle connection is waited for, in milliseconds. Default: the server's keep-alive time, at most half of the drain. */
  readonly idleMs?: number;
}

/**
 * Drains an HTTP server: no new connections, every answer says `Connection: close`, what is in flight is finished.
 *
 * @param server - of `node:http` or `node:https`.
 */
export function drainHttp(server: Server, options: HttpDrainOptions = {}): DrainAction {
  const busy = new Set<ServerResponse>();
  let isDraining = false;
  const close = (response: ServerResponse): void => {
    if (!response.headersSent) response.setHeader("Connection", "close");
  };
  server.prependListener("request", (_: IncomingMessage, response: ServerResponse) => {
    busy.add(response);
    response.once("close", () => busy.delete(response));
    if (isDraining) close(response);
  });
  return {
    name: "http server",
    async drain(deadlineMs) {
      // The preload drains it already, and keeps the server as it is for the program.
      if (isSupervised() || isDraining) return;
      isDraining = true;
      const startMs = performance.now();
      const idleMs = Math.min(options.idleMs ?? server.keepAliveTimeout, deadlineMs / 2);
      // Not the server's own close(), which would end idle connections.
      if (server.listening) NetServer.prototype.close.call(server);
      for (const response of busy) close(response);
      for (;;) {
        const elapsedMs = performance.now() - startMs;
        if (elapsedMs >= idleMs && busy.size === 0) server.closeIdleConnections();
        if (elapsedMs >= deadlineMs) server.closeAllConnections();
        if (elapsedMs >= deadlineMs || (await countConnections(server)) === 0) return;
        await sleep(LOOK_MS);
      }
    },
  };
}

function countConnections(server: Server): Promise<number> {
  return new Promise((resolve) => server.getConnections((error, count) => resolve(error ? 0 : count)));
}
