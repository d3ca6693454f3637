// Healthy: with a large young generation (--min-semi-space-size=64) garbage piles up before V8 looks.
import "./lifetime.cjs";

let latest;

setInterval(() => {
  for (let i = 0; i < 40; i += 1) latest = Array.from({ length: 2_500 }, (_, j) => ({ i, j }));
}, 100);

process.on("exit", () => {
  if (latest === undefined) process.exitCode = 1;
});
