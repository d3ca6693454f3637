// Leak of native code in libuv's threads: the blocks lie in the arenas of those threads.
import "./lifetime.cjs";
import { promisify } from "node:util";
import libc from "./libc.cjs";

const mallocInThread = promisify(libc.malloc.async);

async function keepBlocks() {
  const blocks = await Promise.all(Array.from({ length: 25 }, () => mallocInThread(20_000)));
  for (const block of blocks) libc.memset(block, 1, 20_000);
}

setInterval(() => void keepBlocks(), 100);
