// Healthy: entries live for 8 s, so the cache stops growing by itself.
import "./lifetime.cjs";

const entries = new Map();
let n = 0;

setInterval(() => {
  const now = Date.now();
  for (let i = 0; i < 150; i += 1) {
    const key = (n += 1);
    entries.set(key, { expiresAt: now + 8_000, rows: Array.from({ length: 20 }, (_, j) => ({ j, key })) });
  }
  for (const [key, entry] of entries) {
    if (entry.expiresAt > now) break;
    entries.delete(key);
  }
}, 100);
