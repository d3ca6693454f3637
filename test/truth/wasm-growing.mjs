// Leak in WebAssembly: one memory that needs more and more.
import "./lifetime.cjs";

const memory = new WebAssembly.Memory({ initial: 16 });
setInterval(() => {
  const from = memory.grow(16) * 65_536;
  new Uint8Array(memory.buffer, from).fill(1);
}, 250);
