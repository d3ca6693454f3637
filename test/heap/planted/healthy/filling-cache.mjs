// A cache with a limit that is reached within the second round: growth that ends by itself.
import { takeRounds } from "../rounds.cjs";

const LIMIT = 2500;
const cache = new Map();
function remember(key) {
  cache.set(key, { key, answer: [key, key] });
  if (cache.size > LIMIT) cache.delete(cache.keys().next().value);
}

await takeRounds((round) => {
  for (let nth = 0; nth < 1000; nth += 1) remember(`key ${round} ${nth}`);
});
