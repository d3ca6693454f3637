// Pushes so many records, then takes them. Arguments: records, memory, folder.
import { bytesCodec, SpillQueue } from "plimsoll/budget";
import { fillRecord, RECORD_BYTES, report, secondsSince } from "./records.mjs";

const [count, memory, directory] = process.argv.slice(2);
const queue = new SpillQueue({ memory, directory, codec: bytesCodec });
const record = Buffer.alloc(RECORD_BYTES);
let began = performance.now();
for (let serial = 0; serial < Number(count); serial += 1) {
  fillRecord(record, serial);
  queue.push(record);
}
const writesPerSecond = Number(count) / secondsSince(began);
began = performance.now();
for (let serial = 0; serial < Number(count); serial += 1) {
  const taken = queue.shift();
  if (taken[8] !== (serial & 255)) throw new Error(`record ${serial} is not what was pushed`);
}
report({ writesPerSecond, readsPerSecond: Number(count) / secondsSince(began) });
queue.close();
