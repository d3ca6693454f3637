// No leak: WeakRefs whose targets die with each turn of the event loop.
import "./lifetime.cjs";

function evaluate(n) {
  const value = { n, digits: new Array(40).fill(n) };
  return new WeakRef(value);
}

let n = 0;
setInterval(() => {
  let last;
  for (let i = 0; i < 500; i += 1) last = evaluate((n += 1));
  last?.deref();
}, 20);
