// Healthy: requests live just long enough to reach the old generation, and become garbage there, which
// V8 leaves alone for long because its limit is far.
import "./lifetime.cjs";

const inFlight = [];
let n = 0;

setInterval(() => {
  for (let i = 0; i < 60; i += 1) {
    inFlight.push(Array.from({ length: 400 }, (_, j) => ({ n: (n += 1), j })));
    if (inFlight.length > 600) inFlight.shift();
  }
}, 100);
