// The last 1,000 measurements in a ring.
import { takeRounds } from "../rounds.cjs";

const ring = new Array(1000);
let next = 0;
function measure(value) {
  ring[next % ring.length] = { value, history: [value, value + 0.5] };
  next += 1;
}

await takeRounds(() => {
  for (let nth = 0; nth < 1300; nth += 1) measure(nth + 0.25);
});
