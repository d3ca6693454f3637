// Leak: 1 MB/s beneath batches of up to 20 MB that live for a while and go.
import "./lifetime.cjs";

const subscriptions = [];
let scratch = [];

function subscribe(n) {
  subscriptions.push({ n, filter: Array.from({ length: 12 }, (_, i) => ({ field: i, value: n })) });
}

function churn() {
  scratch.push(Array.from({ length: 25_000 }, (_, i) => i + 0.25));
  if (scratch.length >= 100) scratch = [];
}

let calls = 0;
setInterval(() => {
  for (let i = 0; i < 180; i += 1) subscribe((calls += 1));
  for (let i = 0; i < 4; i += 1) churn();
}, 100);
