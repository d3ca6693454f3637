// Healthy: a cache of forty files that change now and then; a watcher on the folder drops what is stale.
import "../lifetime.cjs";
import { mkdtempSync, rmSync, watch } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const FILES = 40;
const folder = mkdtempSync(join(tmpdir(), "watched-files-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const cache = new Map();
watch(folder, (_event, name) => cache.delete(name)).unref();

async function read(name) {
  if (!cache.has(name)) cache.set(name, await readFile(join(folder, name)));
  return cache.get(name);
}

let n = 0;
async function change() {
  const name = `${(n += 1) % FILES}.txt`;
  await writeFile(join(folder, name), `${n}\n`.repeat(20_000));
  await read(name);
}
setInterval(() => void change().catch(() => {}), 50);
