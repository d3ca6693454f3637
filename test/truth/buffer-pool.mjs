// Healthy: a pool of Buffers that is full after about 10 s and then reused.
import "./lifetime.cjs";

const pool = [];
let next = 0;

setInterval(() => {
  if (pool.length < 500) pool.push(Buffer.alloc(65_536, 1));
  else pool[(next += 1) % 500].fill(next % 256);
}, 20);
