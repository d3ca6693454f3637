// Leak: each request subscribes to an emitter that outlives it, and the listener keeps the request's context.
import "../lifetime.cjs";
import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import { fork } from "node:child_process";
import { EventEmitter } from "node:events";
import { createServer } from "node:http";

const configuration = new EventEmitter().setMaxListeners(0);
const context = new AsyncLocalStorage();

async function handle(request, response) {
  const { trail } = context.getStore();
  configuration.on(
    "change",
    AsyncResource.bind(() => trail.push("changed")),
  );
  await new Promise((resolve) => setTimeout(resolve, 5));
  trail.push(request.url);
  response.end(String(trail.length));
}

const server = createServer((request, response) => {
  const trail = Array.from({ length: 200 }, (_, i) => i + performance.now());
  void context.run({ trail }, handle, request, response);
});

server.listen(0, () => {
  const load = new URL("../load.cjs", import.meta.url);
  fork(load, [JSON.stringify({ port: server.address().port, perSecond: 300 })]);
});
