// Healthy: a cache with a bound, full after about 13 s.
import "./lifetime.cjs";

const MAX_ENTRIES = 26_000;
const cache = new Map();

function remember(key) {
  cache.set(key, { key, rows: Array.from({ length: 20 }, (_, i) => ({ i, key })) });
  if (cache.size > MAX_ENTRIES) cache.delete(cache.keys().next().value);
}

let n = 0;
setInterval(() => {
  for (let i = 0; i < 200; i += 1) remember((n += 1));
}, 100);
