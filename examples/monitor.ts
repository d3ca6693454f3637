/**
 * Work in batches that stops before memory runs out: `node --import tsx examples/monitor.ts`, or as it stands
 * on a Node.js that strips types. Each batch is a phase; a signal ends the work when memory passes a line.
 */
import { formatBytes, formatSnapshot, Monitor, parseBytes } from "plimsoll/monitor";

const monitor = new Monitor({ intervalMs: 50 }).start();
monitor.on("pressure", ({ from, to }) => console.log(`pressure: ${from} -> ${to}`));

// Room for 60 MB more than the program has now.
const line = monitor.sample().rssBytes + parseBytes("60mb");
const signal = monitor.abortIfExceeds(line);

const kept: Buffer[] = [];
for (let batch = 1; batch <= 20 && !signal.aborted; batch++) {
  const phase = monitor.phase(`batch ${batch}`);
  kept.push(Buffer.alloc(parseBytes("8mb"), batch));
  await new Promise((resolve) => setTimeout(resolve, 60));
  const { delta } = phase.end();
  console.log(
    `batch ${batch}: ${formatBytes(delta.arrayBuffersBytes)} of buffers, ${formatBytes(delta.rssBytes)} resident`,
  );
}

console.log(signal.aborted ? `stopped: ${String(signal.reason)}` : "all batches done");
console.log(formatSnapshot(monitor.sample(), monitor.headroom()?.limitBytes));
console.log(`peak ${formatBytes(monitor.peak.rssBytes)}; ${monitor.trend().sentence}`);
console.log(`kept ${kept.length} batches`);
monitor.stop();
