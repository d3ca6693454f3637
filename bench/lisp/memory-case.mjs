// Measures the bytes that one thing of a kind takes on the heap: many are made and held, and the growth of the heap is divided.
// Prints `{ "bytes": … }`. Run with --expose-gc.
import { setImmediate } from "node:timers/promises";
import { Lisp } from "../../apps/lisp/dist/index.js";

// Many, because the heap also grows or shrinks by some hundred kilobytes once.
const COUNT = 1_000_000;
const [kind, definitions = "", expression = ""] = process.argv.slice(2);

async function used() {
  for (let turn = 0; turn < 4; turn++) {
    await setImmediate();
    globalThis.gc();
  }
  return process.memoryUsage().heapUsed;
}

async function runOn(lisp, isEnough) {
  while (!isEnough() && !lisp.machine.run(20_000)) await setImmediate();
}

/** Growth while `expression` is evaluated for each slot of a vector that was there before. */
async function held() {
  const lisp = new Lisp();
  lisp.evaluate(`(define v (make-vector ${COUNT} #f)) ${definitions}`);
  const fill = (value) => `(let loop ((i 0)) (if (< i ${COUNT}) (begin (vector-set! v i ${value}) (loop (+ i 1)))))`;
  lisp.evaluate(fill("#f"));
  const before = await used();
  lisp.evaluate(fill(expression));
  const after = await used();
  if (lisp.evaluate("(vector-length v)") !== COUNT) throw new Error("the vector is gone");
  return (after - before) / COUNT;
}

/** Growth while a recursion is `COUNT` calls deep. */
async function deep() {
  const lisp = new Lisp();
  lisp.evaluate(`${definitions} (define wait #t)`);
  const before = await used();
  lisp.evaluate(`(define k #f)`);
  lisp.evaluate(expression.replaceAll("COUNT", String(COUNT)));
  const after = await used();
  if (lisp.evaluate("(procedure? k)") !== true) throw new Error("the continuation is gone");
  return (after - before) / COUNT;
}

/** Growth after `COUNT` names or forms that nothing uses any more. */
async function dropped() {
  const lisp = new Lisp();
  const before = await used();
  const peak = { bytes: 0 };
  const note = () => (peak.bytes = Math.max(peak.bytes, process.memoryUsage().heapUsed - before));
  if (kind === "dropped-symbols") {
    lisp.evaluate(definitions);
    const { Reader } = await import("../../apps/lisp/dist/reader/reader.js");
    lisp.prepare(new Reader(expression, "bench").read());
    await runOn(lisp, () => {
      note();
      return false;
    });
  } else if (kind === "dropped-forms") {
    for (let form = 0; form < 100_000; form++) {
      lisp.evaluate(expression.replaceAll("FORM", String(form)));
      if (form % 100 === 0) {
        note();
        await setImmediate();
      }
    }
  } else {
    for (let name = 0; name < 1_000_000; name++) {
      Symbol.for(`name-${name}`);
      if (name % 10_000 === 0) {
        note();
        await setImmediate();
      }
    }
  }
  const after = await used();
  if (lisp.evaluate("(+ 1 2)") !== 3) throw new Error("the system is gone");
  return { bytes: after - before, peakBytes: peak.bytes };
}

const result = kind === "held" ? { bytes: await held() } : kind === "deep" ? { bytes: await deep() } : await dropped();
console.log(JSON.stringify(result));
