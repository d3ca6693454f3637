// No leak, and yet it grows: the same in the arenas of libuv's threads.
import "./lifetime.cjs";
import { promisify } from "node:util";
import libc from "./libc.cjs";

const mallocInThread = promisify(libc.malloc.async);

async function shrinkBlocks() {
  const blocks = await Promise.all(Array.from({ length: 25 }, () => mallocInThread(40_000)));
  for (const block of blocks) {
    libc.memset(block, 1, 40_000);
    libc.realloc(block, 64);
  }
}

setInterval(() => void shrinkBlocks(), 100);
