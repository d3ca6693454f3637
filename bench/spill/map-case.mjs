// Fills a store with records under keys in no order, then gets them at random. The filling is cut at a number of seconds.
// Arguments: the store, records, memory, folder, seconds.
import { rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fillRecord, keyOf, readKey, RECORD_BYTES, report, secondsSince } from "./records.mjs";

const [kind, count, memory, directory, seconds] = process.argv.slice(2);
const GETS = 1_000_000;
const BATCH = 20_000;
const MOST_GET_SECONDS = 10;
const STORE = join(directory, `${kind}-${process.pid}`);

/** Each opens a store: `setBatch` takes serials from one to another, `finish` ends the filling, `get` gives a record. */
const stores = {
  async sorted() {
    const { bytesCodec, SortedMap } = await import("plimsoll/budget");
    const map = new SortedMap({ memory, directory, codec: bytesCodec });
    return { ...ofMap(map), finish: () => map.size, close: () => map.close() };
  },
  async sqlite() {
    const { bytesCodec, SqliteMap } = await import("plimsoll/budget");
    const map = await SqliteMap.open({ memory, directory, codec: bytesCodec, engine: "better-sqlite3" });
    return { ...ofMap(map), finish: () => map.flush(), close: () => map.close() };
  },
  async "better-sqlite3"() {
    const { default: Database } = await import("better-sqlite3");
    const database = new Database(STORE);
    database.exec("pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -16384");
    database.exec("create table entries (key integer primary key, value blob not null)");
    const put = database.prepare("insert into entries values (?, ?)");
    const get = database.prepare("select value from entries where key = ?").pluck();
    return {
      setBatch: database.transaction((from, to) => eachRecord(from, to, (key, record) => put.run(key, record))),
      finish: () => undefined,
      get: (key) => get.get(key),
      close: () => database.close(),
    };
  },
  async level() {
    const { Level } = requirePeer("level");
    const database = new Level(STORE, { keyEncoding: "buffer", valueEncoding: "buffer" });
    await database.open();
    return {
      setBatch(from, to) {
        const batch = [];
        eachRecord(from, to, (key, record) =>
          batch.push({ type: "put", key: bytesOf(key), value: Buffer.from(record) }),
        );
        return database.batch(batch);
      },
      finish: () => undefined,
      get: (key) => database.get(bytesOf(key)),
      close: () => database.close(),
    };
  },
  async lmdb() {
    const database = requirePeer("lmdb").open({ path: STORE, keyEncoding: "uint32", encoding: "binary", noSync: true });
    return {
      setBatch: (from, to) =>
        database.transaction(() => eachRecord(from, to, (key, record) => database.put(key, Buffer.from(record)))),
      finish: () => database.flushed,
      get: (key) => database.get(key),
      close: () => database.close(),
    };
  },
};

function requirePeer(name) {
  return createRequire(join(import.meta.dirname, "peers", "package.json"))(name);
}

function ofMap(map) {
  return {
    setBatch: (from, to) => eachRecord(from, to, (key, record) => map.set(key, record)),
    get: (key) => map.get(key),
  };
}

function bytesOf(key) {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(key);
  return bytes;
}

const record = Buffer.alloc(RECORD_BYTES);
function eachRecord(from, to, take) {
  for (let serial = from; serial < to; serial += 1) {
    fillRecord(record, serial);
    take(keyOf(serial), record);
  }
}

const store = await stores[kind]();
let began = performance.now();
let set = 0;
for (; set < Number(count) && secondsSince(began) < Number(seconds); set += BATCH)
  await store.setBatch(set, set + BATCH);
await store.finish();
const setsPerSecond = set / secondsSince(began);
let gets = 0;
began = performance.now();
for (; gets < GETS; gets += 1) {
  if (gets % 1_000 === 0 && secondsSince(began) > MOST_GET_SECONDS) break;
  const key = keyOf(Math.floor(Math.random() * set));
  const found = store.get(key);
  if (readKey(found instanceof Uint8Array ? found : await found) !== key)
    throw new Error(`another record under ${key}`);
}
report({ sets: set, setsPerSecond, getsPerSecond: gets / secondsSince(began) });
await store.close();
rmSync(STORE, { recursive: true, force: true });
