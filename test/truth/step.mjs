// Healthy: a table of about 40 MB is loaded once, after 8 s.
import "./lifetime.cjs";

const tables = [];

setTimeout(() => {
  tables.push(Array.from({ length: 400_000 }, (_, i) => ({ id: i, name: `row ${i}` })));
}, 8_000);
