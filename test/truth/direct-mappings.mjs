// Leak of mappings: 1 MB at a time straight from the kernel. malloc does not know of it.
import "./lifetime.cjs";
import libc from "./libc.cjs";

const [READ_WRITE, PRIVATE_ANONYMOUS] = [3, 0x22];
setInterval(() => {
  libc.memset(libc.mmap(0, 2 ** 20, READ_WRITE, PRIVATE_ANONYMOUS, -1, 0), 1, 2 ** 20);
}, 200);
