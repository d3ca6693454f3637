// No leak: native code that keeps the newest 400 blocks and frees the others.
import "./lifetime.cjs";
import libc from "./libc.cjs";

const kept = [];
setInterval(() => {
  for (let i = 0; i < 20; i += 1) {
    kept.push(libc.memset(libc.malloc(50_000), 1, 50_000));
    if (kept.length > 400) libc.free(kept.shift());
  }
}, 100);
