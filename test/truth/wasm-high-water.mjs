// No leak: one large document made a WebAssembly memory grow, and it cannot shrink again.
import "./lifetime.cjs";

const memory = new WebAssembly.Memory({ initial: 16 });
setTimeout(() => {
  memory.grow(1600);
  new Uint8Array(memory.buffer).fill(1);
}, 5_000);
setInterval(() => new Uint8Array(memory.buffer, 0, 65_536).fill(2), 250);
