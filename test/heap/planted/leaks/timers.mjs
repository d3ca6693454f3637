// Every session starts a heartbeat that is never cleared.
import { takeRounds } from "../rounds.cjs";

function openSession(id) {
  const session = { id, seen: [id] };
  setInterval(() => session.seen.push(Date.now()), 60_000).unref();
}

await takeRounds((round) => {
  for (let nth = 0; nth < 700; nth += 1) openSession(round * 1e6 + nth);
});
