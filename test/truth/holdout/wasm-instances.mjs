// Healthy: an instance of a WebAssembly module for each job, with a memory of 4 MB of its own, dropped when it is done.
import "../lifetime.cjs";

// (module (memory (export "memory") 64))
const bytes = [0, 97, 115, 109, 1, 0, 0, 0, 5, 4, 1, 0, 192, 0, 7, 10, 1, 6, 109, 101, 109, 111, 114, 121, 2, 0];
const module = new WebAssembly.Module(new Uint8Array(bytes));

function run(job) {
  const { exports } = new WebAssembly.Instance(module);
  const memory = new Uint8Array(exports.memory.buffer).fill(job);
  return memory[job % memory.length];
}

let n = 0;
setInterval(() => run((n += 1)), 500);
