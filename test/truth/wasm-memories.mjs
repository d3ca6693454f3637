// Leak of WebAssembly memories: one more each time, all of them kept.
import "./lifetime.cjs";

const instances = [];
setInterval(() => {
  const memory = new WebAssembly.Memory({ initial: 16 });
  new Uint8Array(memory.buffer).fill(1);
  instances.push(memory);
}, 250);
