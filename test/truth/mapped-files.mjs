// No leak: a file is read through a mapping, page by page, and the kernel may drop its pages at any time.
import "./lifetime.cjs";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import libc from "./libc.cjs";

const [READ, SHARED, CHUNK] = [1, 1, 2 ** 20];
const memchr = (await import("koffi")).default.load("libc.so.6").func("uintptr_t memchr(uintptr_t, int, size_t)");
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "mapped-"));
const file = fs.openSync(path.join(folder, "data"), "w+");
fs.rmSync(folder, { recursive: true });
const size = 300 * CHUNK;
for (let at = 0; at < size; at += CHUNK) fs.writeSync(file, Buffer.alloc(CHUNK, 1), 0, CHUNK, at);
const start = libc.mmap(0, size, READ, SHARED, file, 0);
let at = 0;
setInterval(() => {
  if (at < size) memchr(Number(start) + at, 0, CHUNK);
  at += CHUNK;
}, 150);
