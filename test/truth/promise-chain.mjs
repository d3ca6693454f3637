// Leak: work is chained behind a promise that does not settle, so every link stays.
import "./lifetime.cjs";

let open;
let tail = new Promise((resolve) => {
  open = resolve;
});

function enqueue(job) {
  const payload = Array.from({ length: 40 }, () => job + 0.5);
  tail = tail.then(() => payload.length);
}

let jobs = 0;
setInterval(() => {
  for (let i = 0; i < 200; i += 1) enqueue((jobs += 1));
}, 100);

process.on("exit", () => open());
