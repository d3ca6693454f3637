/**
 * An editor that forgets nothing: a hundred thousand edits, any of them back in milliseconds, in a few
 * megabytes: `node --import tsx examples/history.ts`, or as it stands on a Node.js that strips types.
 */
import { rmSync } from "node:fs";
import { formatBytes } from "plimsoll";
import { fileHistory, HistoryStore, patch } from "plimsoll/history";

interface Document {
  readonly title: string;
  readonly lines: readonly string[];
  readonly cursor: { readonly line: number };
}

const folder = "editor.history";
rmSync(folder, { recursive: true, force: true });
const store = await HistoryStore.open<Document>({ driver: fileHistory(folder), memory: "8mb" });

store.save({ title: "Untitled", lines: Array.from({ length: 1000 }, (_, i) => `line ${i}`), cursor: { line: 0 } });
for (let edit = 1; edit <= 100_000; edit++) {
  const line = (edit * 7919) % 1000;
  store.save(patch().set(["lines", line], `line ${line}, edit ${edit}`).set(["cursor", "line"], line));
}
await store.flush();
console.log(`${store.size} steps, ${formatBytes(store.memoryBytes)} of memory`);

const startedAt = performance.now();
const { cursor, lines } = await store.load(50_001);
console.log(`step 50001: "${lines[cursor.line]}", restored in ${(performance.now() - startedAt).toFixed(1)} ms`);

await store.back(100);
store.branch("a second thought");
store.save(patch().set("title", "Another title"));
for (const { what, path, after } of (await store.diff(store.step - 1, store.step)).slice(0, 1)) {
  console.log(`${what} ${path.join(".")}: ${String(after)}`);
}

const { evictedSteps, keptSteps } = await store.thin(({ step }) => step % 1000 === 0);
console.log(`${evictedSteps} steps dropped, ${keptSteps} kept`);
await store.close();
rmSync(folder, { recursive: true, force: true });
