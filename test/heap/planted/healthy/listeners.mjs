// Every request listens, and stops listening when it ends.
import { EventEmitter } from "node:events";
import { takeRounds } from "../rounds.cjs";

const settings = new EventEmitter();
settings.setMaxListeners(0);

function handleRequest(id) {
  const page = { id, parts: [id, id + 1] };
  const onChange = () => page.parts.reverse();
  settings.on("change", onChange);
  settings.emit("change");
  settings.off("change", onChange);
}

await takeRounds((round) => {
  for (let nth = 0; nth < 2000; nth += 1) handleRequest(round * 1e6 + nth);
});
