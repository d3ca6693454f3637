// No leak, and yet it grows: of every 40 kB block 64 bytes stay, so that no later block fits where the
// others were, and malloc cannot give the pages back.
import "./lifetime.cjs";
import libc from "./libc.cjs";

setInterval(() => {
  const blocks = Array.from({ length: 25 }, () => libc.memset(libc.malloc(40_000), 1, 40_000));
  for (const block of blocks) libc.realloc(block, 64);
}, 100);
