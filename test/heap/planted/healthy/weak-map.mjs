// Notes on requests in a WeakMap: they go with their request.
import { takeRounds } from "../rounds.cjs";

const notes = new WeakMap();
function handle(id) {
  const request = { id, headers: [id, id] };
  notes.set(request, { atMs: id + 0.5, steps: ["parsed", "answered"] });
  return notes.get(request).steps.length;
}

await takeRounds((round) => {
  for (let nth = 0; nth < 3000; nth += 1) handle(round * 1e6 + nth);
});
