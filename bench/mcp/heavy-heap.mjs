// A heap of 2 million small objects, whose snapshot is some 200 MB; ends with its parent.
const rows = Array.from({ length: 1_000_000 }, (_, id) => ({ id, tags: [id + 0.5] }));
globalThis.rows = rows;
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) process.exit(1);
}, 200);
setTimeout(() => process.exit(0), 120_000);
