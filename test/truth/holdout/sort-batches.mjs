// Healthy: a report every four seconds that sorts and groups a hundred thousand rows and drops them.
import "../lifetime.cjs";

function report(seed) {
  const rows = Array.from({ length: 100_000 }, (_, i) => ({ id: i, sum: (i * 7919 + seed * 104_729) % 1_000_003 }));
  rows.sort((a, b) => a.sum - b.sum);
  const groups = new Map();
  for (const { id, sum } of rows) groups.set(sum % 100, (groups.get(sum % 100) ?? 0) + id);
  return groups.size;
}

let n = 0;
setInterval(() => report((n += 1)), 4_000);
