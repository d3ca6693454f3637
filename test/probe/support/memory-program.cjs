// Keeps memory of one kind until its standard input ends, which it does when the test dies.
const { Worker } = require("node:worker_threads");

const MIB = 2 ** 20;
const kept = [];
const kinds = {
  nothing() {},
  objects() {
    for (let index = 0; index < 1_000_000; index += 1) kept.push({ index, list: [index] });
  },
  smallBuffers() {
    for (let index = 0; index < 1024; index += 1) kept.push(Buffer.alloc(64 * 1024, 1));
  },
  bigBuffers() {
    for (let index = 0; index < 64; index += 1) kept.push(Buffer.alloc(MIB, 1));
  },
  wasm() {
    for (const pages of [1024, 512, 64]) {
      const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536 });
      memory.grow(pages - 1);
      new Uint8Array(memory.buffer).fill(1);
      kept.push(memory);
    }
  },
  async workers() {
    const source = `
      globalThis.kept = Array.from({ length: 200_000 }, (_, index) => ({ index }));
      globalThis.streams = Array.from({ length: 20 }, () => require("node:zlib").createGzip());
      const { parentPort } = require("node:worker_threads");
      parentPort.on("message", () => {});
      parentPort.postMessage("ready");`;
    for (let count = 0; count < 4; count += 1) {
      const worker = new Worker(source, { eval: true });
      kept.push(worker);
      await new Promise((resolve) => worker.once("message", resolve));
    }
  },
};

async function main() {
  await kinds[process.argv[2]]();
  process.stdout.write(`${JSON.stringify(process.memoryUsage())}\n`);
  process.stdin.on("end", () => process.exit()).resume();
}

void main();
