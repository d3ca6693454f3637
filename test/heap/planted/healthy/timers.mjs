// Time limits of requests: each is cleared when its request ends, some still run at each snapshot.
import { takeRounds } from "../rounds.cjs";

const open = [];
function begin(id) {
  const request = { id, parts: [id, id] };
  open.push(setTimeout(() => request.parts.pop(), 60_000));
  if (open.length > 400) clearTimeout(open.shift());
}

await takeRounds((round) => {
  for (let nth = 0; nth < 1500; nth += 1) begin(round * 1e6 + nth);
});
