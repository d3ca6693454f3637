// Each request listens to the one signal that ends the program.
import { setMaxListeners } from "node:events";
import { takeRounds } from "../rounds.cjs";

const shutdown = new AbortController();
setMaxListeners(0, shutdown.signal);

function handleRequest(id) {
  const request = { id, body: [id, id] };
  shutdown.signal.addEventListener("abort", () => request.body.pop());
}

await takeRounds((round) => {
  for (let nth = 0; nth < 500; nth += 1) handleRequest(round * 1e6 + nth);
});
