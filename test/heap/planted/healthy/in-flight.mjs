// At each snapshot about as many requests are in flight, each time others.
import { takeRounds } from "../rounds.cjs";

const inFlight = new Map();
function begin(id) {
  return new Promise((resolve) => {
    inFlight.set(id, { id, resolve, body: [id, id] });
  });
}
function end(id) {
  inFlight.get(id)?.resolve();
  inFlight.delete(id);
}

await takeRounds((round) => {
  for (let nth = 0; nth < 2000; nth += 1) {
    void begin(round * 1e6 + nth);
    end(round * 1e6 + nth - 600 - round * 20);
  }
  for (const id of inFlight.keys()) if (id < round * 1e6) end(id);
});
