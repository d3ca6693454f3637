// A process that holds syntax trees of a real program, and leaks beside them: sessions in a Map, listeners of an emitter,
// closures over their requests, and values of a WeakMap. Writes a heap snapshot of itself.
// Usage: node --max-old-space-size=12000 grow.cjs MEGABYTES_OF_SNAPSHOT FILE
const { EventEmitter } = require("node:events");
const { readFileSync, renameSync } = require("node:fs");
const inspector = require("node:inspector");
const v8 = require("node:v8");
const ts = require("typescript");

/** Of snapshot, for one character of source; measured with Node 20.20. */
const BYTES_A_CHARACTER = 25.2;
/** What TypeScript itself and the leaks make of a snapshot. */
const BASE_BYTES = 27.7e6;
const SESSIONS = 20_000;
const LISTENERS = 2_000;

const [megabytes, file] = process.argv.slice(2);
const text = readFileSync(require.resolve("typescript"), "utf8");

/** @type {unknown[]} */
const trees = [];
for (
  let left = Math.max(0, (Number(megabytes) * 1e6 - BASE_BYTES) / BYTES_A_CHARACTER);
  left > 0;
  left -= text.length
) {
  trees.push(ts.createSourceFile(`tree-${trees.length}.js`, text.slice(0, left), ts.ScriptTarget.Latest, false));
}

const sessions = new Map();
const notes = new WeakMap();
const emitter = new EventEmitter().setMaxListeners(0);
for (let nth = 0; nth < SESSIONS; nth++) {
  const user = { id: nth, name: `user ${nth}` };
  sessions.set(`session-${nth}`, { user, tags: ["a", "b", nth], since: new Date(nth) });
  if (nth % 20 === 0) notes.set(user, { user: nth % 40 === 0 ? user : undefined, text: [nth] });
  if (nth < LISTENERS) emitter.on("change", () => user.name);
}
Object.assign(globalThis, { held: { trees, sessions, notes, emitter } });

// Without it Node 20 computes the line ends of a script again for each of its closures, nodejs/node#34826.
const session = new inspector.Session();
session.connect();
session.post("Debugger.enable", () => {
  v8.writeHeapSnapshot(`${file}.new`);
  renameSync(`${file}.new`, file);
  session.disconnect();
});
