// Pushes, takes and flushes in a folder until it is killed, and says before what it is about to take and after what is safe.
// Arguments: the folder, the first serial to push, a seed. The queue is empty at the start.
import { writeSync } from "node:fs";
import { bytesCodec, SpillQueue } from "plimsoll/budget";

const [folder = "", first, seed] = process.argv.slice(2);
setTimeout(() => process.exit(99), 20_000).unref();
let state = Number(seed) | 1;
const random = (below) => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state % below;
};
const say = (line) => writeSync(1, `${JSON.stringify(line)}\n`);

const queue = new SpillQueue({ folder, memory: 20_000, segmentBytes: 8_000, codec: bytesCodec });
let pushed = Number(first);
for (;;) {
  for (let count = random(60); count > 0; count -= 1) {
    const record = Buffer.alloc(4 + random(300), pushed);
    record.writeUInt32LE(pushed);
    queue.push(record);
    pushed += 1;
  }
  const batch = random(queue.length + 1);
  say({ taking: pushed - queue.length + batch });
  for (let count = 0; count < batch; count += 1) queue.shift();
  const safe = { pushed, taken: pushed - queue.length };
  await queue.flush();
  say({ safe });
}
