// Healthy: Buffers of all sizes come and go.
import "./lifetime.cjs";

let seed = 7;
let latest;

setInterval(() => {
  for (let i = 0; i < 20; i += 1) {
    seed = (seed * 16_807) % 2_147_483_647;
    latest = Buffer.alloc(4_096 + (seed % 400_000), i);
  }
}, 100);

process.on("exit", () => {
  if (latest === undefined) process.exitCode = 1;
});
