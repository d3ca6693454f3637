// Leak of native code in libuv's threads: the blocks lie in the arenas of those threads.
import "./lifetime.cjs";
import { promisify } from "node:util";
import libc from "./libc.cjs";

const mallocInThread = promisify(libc.malloc.async);
setInterval(async () => {
  const blocks = await Promise.all(Array.from({ length: 25 }, () => mallocInThread(20_000)));
  for (const block of blocks) libc.memset(block, 1, 20_000);
}, 100);
