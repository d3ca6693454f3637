// Leak of mappings: two pages at a time, one of them without access, so that no two of them merge.
import "./lifetime.cjs";
import libc from "./libc.cjs";

const [NONE, READ_WRITE, PRIVATE_ANONYMOUS] = [0, 3, 0x22];
setInterval(() => {
  for (let i = 0; i < 100; i += 1) {
    const at = libc.mmap(0, 8192, NONE, PRIVATE_ANONYMOUS, -1, 0);
    libc.mprotect(at, 4096, READ_WRITE);
    libc.memset(at, 1, 4096);
  }
}, 100);
