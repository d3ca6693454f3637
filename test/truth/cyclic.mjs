// Healthy: batches of up to 20 MB are built up and dropped, again and again.
import "./lifetime.cjs";

let batch = [];

setInterval(() => {
  batch.push(Array.from({ length: 60_000 }, (_, i) => i + 0.5));
  if (batch.length >= 40) batch = [];
}, 100);
