// Healthy: a server under steady real HTTP load that keeps nothing.
import "./lifetime.cjs";
import { fork } from "node:child_process";
import { createServer } from "node:http";

const server = createServer((request, response) => {
  const rows = Array.from({ length: 100 }, (_, i) => ({ id: i, title: `${request.url} ${i}` }));
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(rows));
});

server.listen(0, () => {
  fork(new URL("load.cjs", import.meta.url), [JSON.stringify({ port: server.address().port, perSecond: 300 })]);
});
