// A registry on the global object.
import { takeRounds } from "../rounds.cjs";

globalThis.__requestRegistry = [];
const note = (id) => globalThis.__requestRegistry.push({ id, parts: [id, id] });

await takeRounds((round) => {
  for (let nth = 0; nth < 800; nth += 1) note(round * 1e6 + nth);
});
