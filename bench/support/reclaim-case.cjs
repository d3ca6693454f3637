/**
 * Programs that free what they took, and whose allocator keeps it: `node reclaim-case.cjs <workload>`. Writes
 * `ready` when all is freed, and waits to be killed.
 */
const zlib = require("node:zlib");

const [workload = ""] = process.argv.slice(2);
const turn = () => new Promise((resolve) => setTimeout(resolve, 5));
globalThis.kept = [];

const WORKLOADS = {
  // 180 MB of Buffers below the size from which malloc maps blocks of their own.
  async buffers() {
    let held = [];
    for (let index = 0; index < 3000; index++) held.push(Buffer.alloc(60_000, 1));
    globalThis.kept.push(Buffer.alloc(60_000, 1));
    held = undefined;
  },
  // Streams that are written to once and dropped unclosed.
  async gzip() {
    for (let round = 0; round < 100; round++) {
      for (let index = 0; index < 200; index++) zlib.createGzip().write("x".repeat(2000));
      await turn();
    }
  },
  // Of each hundred Buffers one stays: what is free lies between what is held.
  async scattered() {
    let held = [];
    for (let index = 0; index < 6000; index++) held.push(Buffer.alloc(10_000 + (index % 7) * 7000, 1));
    globalThis.kept.push(...held.filter((_, index) => index % 100 === 0));
    held = undefined;
  },
};

void WORKLOADS[workload]().then(() => {
  setInterval(() => {}, 1000);
  setTimeout(() => console.log("ready"), 500);
});
