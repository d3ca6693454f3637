// Each job gets a channel to the worker; neither end is closed when the job is done.
import { once } from "node:events";
import { MessageChannel, Worker } from "node:worker_threads";
import { takeRounds } from "../rounds.cjs";

const worker = new Worker(
  `require("node:worker_threads").parentPort.on("message", ({ port }) => port.postMessage("done"))`,
  { eval: true },
);

async function runJob(id) {
  const { port1, port2 } = new MessageChannel();
  worker.postMessage({ port: port2 }, [port2]);
  const [answer] = await once(port1, "message");
  return { id, answer };
}

await takeRounds(async () => {
  for (let nth = 0; nth < 120; nth += 1) await runJob(nth);
});
