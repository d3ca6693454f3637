// Uploads of which only a copy of the first bytes is kept, and only of the last twenty.
import { takeRounds } from "../rounds.cjs";

const headers = [];
function receive(nth) {
  const upload = Buffer.alloc(64 * 1024, nth % 256);
  headers.push(Buffer.from(upload.subarray(0, 16)));
  if (headers.length > 20) headers.shift();
}

await takeRounds(() => {
  for (let nth = 0; nth < 200; nth += 1) receive(nth);
});
