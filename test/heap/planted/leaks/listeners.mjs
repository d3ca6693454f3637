// Every request listens to the same emitter and never stops listening.
import { EventEmitter } from "node:events";
import { takeRounds } from "../rounds.cjs";

const settings = new EventEmitter();
settings.setMaxListeners(0);

function handleRequest(id) {
  const page = { id, parts: [id, id + 1, id + 2].map((part) => `part ${part}`) };
  settings.on("change", () => page.parts.reverse());
}

await takeRounds((round) => {
  for (let nth = 0; nth < 800; nth += 1) handleRequest(round * 1e6 + nth);
});
