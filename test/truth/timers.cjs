// Leak: an interval for every visitor that is never cleared.
require("./lifetime.cjs");

function watchVisitor(id) {
  const seen = new Array(100).fill(id);
  setInterval(() => seen.push(id), 3_600_000);
}

let visitors = 0;
setInterval(() => {
  for (let i = 0; i < 100; i += 1) watchVisitor((visitors += 1));
}, 100);
