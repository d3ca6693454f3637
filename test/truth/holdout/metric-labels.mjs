// Leak: metrics with a label of unbounded cardinality, a series for each user, as prom-client keeps them.
import "../lifetime.cjs";
import { fork } from "node:child_process";
import { createServer } from "node:http";
import { Histogram, Registry } from "prom-client";

const registers = [new Registry()];
const labelNames = ["user"];
const latency = new Histogram({ name: "request_seconds", help: "Time to answer.", labelNames, registers });
const size = new Histogram({ name: "response_bytes", help: "Length of answers.", labelNames, registers });
let users = 0;

const server = createServer((request, response) => {
  const user = `user-${(users += 1)}`;
  const end = latency.startTimer({ user });
  response.end(request.url);
  size.observe({ user }, request.url.length);
  end();
});

server.listen(0, () => {
  const load = new URL("../load.cjs", import.meta.url);
  fork(load, [JSON.stringify({ port: server.address().port, perSecond: 300 })]);
});
