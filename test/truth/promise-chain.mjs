// Leak: work is chained behind a promise that never settles, so every link stays.
import "./lifetime.cjs";

let tail = new Promise(() => {});

function enqueue(job) {
  const payload = Array.from({ length: 40 }, (_, i) => job * i + 0.5);
  tail = tail.then(() => payload.length);
}

let jobs = 0;
setInterval(() => {
  for (let i = 0; i < 200; i += 1) enqueue((jobs += 1));
}, 100);
