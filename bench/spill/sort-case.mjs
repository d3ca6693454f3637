// Sorts so many records by their key, and checks the order. Arguments: records, memory, folder.
import { bytesCodec, sortExternal } from "plimsoll/budget";
import { fillRecord, readKey, RECORD_BYTES, report, secondsSince } from "./records.mjs";

const [count, memory, directory] = process.argv.slice(2);

function* records() {
  const record = Buffer.alloc(RECORD_BYTES);
  for (let serial = 0; serial < Number(count); serial += 1) {
    fillRecord(record, serial);
    yield record;
  }
}

const began = performance.now();
let [last, sorted] = [-1, 0];
for await (const record of sortExternal(records(), { key: readKey, memory, directory, codec: bytesCodec })) {
  const key = readKey(record);
  if (key <= last) throw new Error(`${key} comes behind ${last}`);
  last = key;
  sorted += 1;
}
if (sorted !== Number(count)) throw new Error(`${sorted} records came out`);
report({ perSecond: sorted / secondsSince(began) });
