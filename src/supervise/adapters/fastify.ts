/**
 * Drains a Fastify application: first its HTTP server, without the 503 that Fastify answers while it closes, then
 * `app.close()`, so that its own hooks run.
 */
import type { Server } from "node:http";
import type { DrainAction } from "../guard-options.ts";
import { drainHttp, type HttpDrainOptions } from "./http-server.ts";

/** The part of a Fastify instance that is used. */
export interface FastifyLike {
  /** Its server. */
  readonly server: unknown;
  /** Runs its closing hooks. */
  close(): PromiseLike<unknown>;
}

/** Drains a Fastify application on HTTP/1; under a supervisor only its hooks run here. */
export function drainFastify(app: FastifyLike, options: HttpDrainOptions = {}): DrainAction {
  // Fastify's type allows HTTP/2 servers too, which the adapter of node:http does not drain.
  const http = drainHttp(app.server as Server, options);
  return {
    name: "fastify",
    async drain(deadlineMs) {
      await http.drain(deadlineMs);
      await app.close();
    },
  };
}
