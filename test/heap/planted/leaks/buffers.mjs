// The first bytes of every upload are kept, and each such slice keeps its whole upload.
import { takeRounds } from "../rounds.cjs";

const headers = [];
function receive(nth) {
  const upload = Buffer.alloc(64 * 1024, nth % 256);
  headers.push(upload.subarray(0, 16));
}

await takeRounds(() => {
  for (let nth = 0; nth < 60; nth += 1) receive(nth);
});
