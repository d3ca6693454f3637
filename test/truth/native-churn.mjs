// No leak: native code that frees what it allocates.
import "./lifetime.cjs";
import libc from "./libc.cjs";

setInterval(() => {
  const blocks = Array.from({ length: 500 }, (_, i) => libc.memset(libc.malloc(1000 + 40 * i), 1, 1000 + 40 * i));
  for (const block of blocks) libc.free(block);
}, 100);
