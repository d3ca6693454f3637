// Vectors are taken from a pool and given back.
import { takeRounds } from "../rounds.cjs";

class Vector {
  values = new Float64Array(16);
}

const pool = Array.from({ length: 500 }, () => new Vector());
function multiply(nth) {
  const vector = pool.pop() ?? new Vector();
  vector.values.fill(nth);
  pool.push(vector);
}

await takeRounds(() => {
  for (let nth = 0; nth < 5000; nth += 1) multiply(nth);
});
