/**
 * The smallest HTTP server: answers itself once, then tells how long it took since the process began and what
 * it holds. Most Node programs load at least this much.
 */
const { readFileSync } = require("node:fs");
const http = require("node:http");

const server = http
  .createServer((_, response) => response.end("x"))
  .listen(0, "127.0.0.1", () => {
    const { port } = server.address();
    http.get({ port, host: "127.0.0.1", agent: false }, (response) => {
      response.resume().on("end", () => {
        const status = readFileSync("/proc/self/status", "utf8");
        const read = (name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)[1]) / 1024;
        console.log(JSON.stringify({ readyMs: performance.now(), rssMb: read("VmRSS"), anonMb: read("RssAnon") }));
        server.close();
      });
    });
  });
