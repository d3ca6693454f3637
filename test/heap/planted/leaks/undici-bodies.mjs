// Only the status of each answer is looked at: a body that nobody reads keeps its connection.
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { takeRounds } from "../rounds.cjs";

const server = new Worker(
  `const { createServer } = require("node:http");
   const body = Buffer.alloc(2e6, 46);
   const server = createServer((_, response) => response.end(body));
   server.listen(0, "127.0.0.1", () => require("node:worker_threads").parentPort.postMessage(server.address().port));`,
  { eval: true },
);
const [port] = await once(server, "message");

const answers = [];
async function isUp() {
  const answer = await fetch(`http://127.0.0.1:${port}/`);
  answers.push(answer);
  return answer.ok;
}

await takeRounds(async () => {
  for (let nth = 0; nth < 12; nth += 1) await isUp();
});
