// A Map of constant size whose every entry is replaced all the time.
import { takeRounds } from "../rounds.cjs";

const prices = new Map();

await takeRounds((round) => {
  for (let nth = 0; nth < 4000; nth += 1) prices.set(`item ${nth % 800}`, { nth, round, past: [nth, nth + 0.5] });
});
