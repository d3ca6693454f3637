// Healthy: beside a large table, requests live just long enough to reach the old generation. V8 lets
// their garbage pile up there, because it plans its next collection by what lived at the last one.
import "./lifetime.cjs";

const table = Array.from({ length: 700_000 }, (_, i) => ({ id: i, next: i + 1 }));
const inFlight = [];
let n = 0;

setInterval(() => {
  for (let i = 0; i < 120; i += 1) {
    inFlight.push(Array.from({ length: 400 }, (_, j) => ({ n: (n += 1), j })));
    if (inFlight.length > 900) inFlight.shift();
  }
}, 100);

process.on("exit", () => {
  if (table.length === 0) process.exitCode = 1;
});
