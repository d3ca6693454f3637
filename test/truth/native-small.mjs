// Leak of native code: small blocks of malloc that nobody frees.
import "./lifetime.cjs";
import libc from "./libc.cjs";

setInterval(() => {
  for (let i = 0; i < 1000; i += 1) libc.memset(libc.malloc(400), 1, 400);
}, 100);
