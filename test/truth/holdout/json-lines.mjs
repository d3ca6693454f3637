// Healthy: records are read as lines of JSON, summed up and written through a compressor, with back-pressure.
import "../lifetime.cjs";
import { createWriteStream } from "node:fs";
import { createInterface } from "node:readline";
import { PassThrough, Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { createGzip } from "node:zlib";

async function* records() {
  for (let n = 0; ; n += 1) {
    if (n % 200 === 0) await sleep(50);
    yield `${JSON.stringify({ n, user: `user-${n % 50}`, items: [n, n + 1, n + 2] })}\n`;
  }
}

const out = new PassThrough();
out.pipe(createGzip()).pipe(createWriteStream("/dev/null"));
const totals = new Map();
for await (const line of createInterface({ input: Readable.from(records()) })) {
  const { user, items } = JSON.parse(line);
  totals.set(user, (totals.get(user) ?? 0) + items.length);
  if (!out.write(line)) await new Promise((resolve) => out.once("drain", resolve));
}
