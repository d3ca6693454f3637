/**
 * What the second thread does, as text, so that it starts from source and from the built package alike. It sleeps until it
 * is given a job: a WebAssembly function, called until it returns 0, or the edges of a snapshot from their end backwards.
 */

/** No job. */
export const IDLE = 0;
/** Given, and not done yet. */
export const BUSY = 1;
/** Done. */
export const DONE = 2;
/** It threw. */
export const FAILED = 3;
/** No more jobs come. */
export const STOPPED = 4;

/** The text. `edges` reads pieces that end where the last one began to be taken; marks are behind the digits of the row before. */
export const BODY = `
const { receiveMessageOnPort, workerData } = require("node:worker_threads");
const { readSync } = require("node:fs");
const { module, memory, state, port } = workerData;
const { exports } = new WebAssembly.Instance(module, { env: { memory } });

function edges({ descriptor, from, end, rows, rowsAClaim, rowsAMark, claims, marks, met, text, pieceBytes, parameters, targets, rest, result }) {
  const bytes = new Uint8Array(memory.buffer, text, pieceBytes);
  const taken = new Uint32Array(memory.buffer, result, 3);
  let base = end;
  let at = end;
  let row = rows;
  const load = () => {
    const begin = Math.max(from, at - pieceBytes);
    if (begin === base) throw new Error("a row that does not end");
    base = begin;
    for (let done = 0; done < at - base; ) {
      const read = readSync(descriptor, bytes, done, at - base - done, base + done);
      if (read === 0) throw new Error("the file became shorter");
      done += read;
    }
  };
  const skipSeparators = () => {
    for (;;) {
      if (at === base) {
        if (base === from) return;
        load();
      }
      const byte = bytes[at - base - 1];
      if (byte !== 44 && byte !== 10 && byte !== 13 && byte !== 32) return;
      at--;
    }
  };
  skipSeparators();
  met[0] = row;
  met[1] = at;
  while (Atomics.sub(claims, claims.length - 1, 1) > 0) {
    const first = Math.floor((row - 1) / rowsAClaim) * rowsAClaim;
    while (row > first) {
      exports.parseEdgesBackward(text, text + at - base, ...parameters, targets, row - 1, row - first, ...rest, result);
      if (taken[2] !== 0) throw new Error("an unexpected byte");
      at = base + taken[0] - text;
      row -= taken[1];
      if (row > first) load();
    }
    skipSeparators();
    if (row % rowsAMark === 0) marks[row / rowsAMark] = at;
    met[0] = row;
    met[1] = at;
  }
}

for (;;) {
  Atomics.wait(state, 0, ${IDLE});
  if (Atomics.load(state, 0) === ${STOPPED}) break;
  let outcome = ${FAILED};
  try {
    const { name, parameters } = receiveMessageOnPort(port).message;
    if (name === "edges") edges(parameters);
    else while (exports[name](...parameters) > 0);
    outcome = ${DONE};
  } catch {}
  if (Atomics.compareExchange(state, 0, ${BUSY}, outcome) === ${STOPPED}) break;
  Atomics.notify(state, 0);
  Atomics.wait(state, 0, outcome);
}`;
