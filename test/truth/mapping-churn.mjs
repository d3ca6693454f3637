// No leak: mappings that are given back.
import "./lifetime.cjs";
import libc from "./libc.cjs";

const [READ_WRITE, PRIVATE_ANONYMOUS] = [3, 0x22];
setInterval(() => {
  const mapped = Array.from({ length: 20 }, () => libc.mmap(0, 2 ** 20, READ_WRITE, PRIVATE_ANONYMOUS, -1, 0));
  for (const at of mapped) libc.memset(at, 1, 2 ** 20);
  for (const at of mapped) libc.munmap(at, 2 ** 20);
}, 100);
