// Compiles src/heap/wasm (AssemblyScript) to src/heap/snapshot.wasm, beside the code that loads it, when the sources are newer.
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import asc from "assemblyscript/asc";

const root = join(import.meta.dirname, "..");
const folder = join(root, "src", "heap", "wasm");
const target = join(root, "src", "heap", "snapshot.wasm");
const changedMs = (file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
const newest = Math.max(
  changedMs(import.meta.filename),
  ...readdirSync(folder).map((name) => changedMs(join(folder, name))),
);
if (changedMs(target) < newest) {
  const flags =
    "--runtime stub --noAssert -O3 --importMemory --sharedMemory --maximumMemory 65536 --enable threads".split(" ");
  const { error } = await asc.main([join("src", "heap", "wasm", "snapshot.ts"), "-o", target, ...flags], {
    baseDir: root,
  });
  if (error) {
    console.error(error.message);
    process.exit(1);
  }
}
