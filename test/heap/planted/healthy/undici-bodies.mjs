// Every body is read to its end.
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { takeRounds } from "../rounds.cjs";

const server = new Worker(
  `const { createServer } = require("node:http");
   const body = Buffer.alloc(2e5, 46);
   const server = createServer((_, response) => response.end(body));
   server.listen(0, "127.0.0.1", () => require("node:worker_threads").parentPort.postMessage(server.address().port));`,
  { eval: true },
);
const [port] = await once(server, "message");

await takeRounds(async () => {
  for (let nth = 0; nth < 12; nth += 1) await (await fetch(`http://127.0.0.1:${port}/`)).arrayBuffer();
});
