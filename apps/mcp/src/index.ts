/**
 * `@plimsoll/mcp`: an MCP server through which a coding agent finds out why a Node.js process grows. The command is `plimsoll-mcp`; this entry
 * is for programs that embed it or its transport.
 */
export type { Answer, AnswerPage, Fact } from "./answer/answer.ts";
export { createServer, type ServerOptions } from "./server/create-server.ts";
export { openServices, type ServiceOptions, type Services } from "./server/services.ts";
export type { Grant } from "./server/tool.ts";
export { type HttpOptions, type HttpServer, serveHttp } from "./transport/http.ts";
export { type Connectable, serveStdio } from "./transport/stdio.ts";
