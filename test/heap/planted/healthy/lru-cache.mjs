// A cache that is full: each new entry drives the oldest out.
import { takeRounds } from "../rounds.cjs";

const LIMIT = 1000;
const cache = new Map();
function remember(key) {
  cache.set(key, { key, answer: [key, key] });
  if (cache.size > LIMIT) cache.delete(cache.keys().next().value);
}

await takeRounds((round) => {
  for (let nth = 0; nth < 1500; nth += 1) remember(`key ${round} ${nth}`);
});
