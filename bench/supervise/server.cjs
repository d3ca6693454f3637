/**
 * The server that both supervisors keep up: answers after 50 ms, and from its third second on keeps 2 MB more every
 * 100 ms. It writes its process id to a file, so that its memory can be read from outside whoever has started it.
 * `BENCH_KIND`: `leak`; `hang` holds each request to /hang for ever; `deaf` ignores SIGTERM.
 */
const { appendFileSync } = require("node:fs");
const { createServer } = require("node:http");

const { BENCH_PORT, BENCH_PIDS, BENCH_KIND = "leak" } = process.env;
const kept = [];

appendFileSync(BENCH_PIDS, `${process.pid}\n`);
if (BENCH_KIND === "leak") {
  setTimeout(() => setInterval(() => kept.push(Buffer.alloc(2 << 20, 1)), 100), 3_000);
}
if (BENCH_KIND === "deaf") {
  process.on("SIGTERM", () => {});
  setInterval(() => {}, 1_000);
}
createServer((request, response) => {
  if (request.url === "/hang") return;
  if (request.url === "/block") for (;;);
  setTimeout(() => response.end("ok"), 50);
}).listen(Number(BENCH_PORT), "127.0.0.1");
