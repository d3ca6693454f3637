// A job gathers rows, more in each of two rounds, and lets go of them in the last.
import { takeRounds } from "../rounds.cjs";

const rows = [];

await takeRounds((round) => {
  if (round === 2) rows.length = 0;
  const count = round === 2 ? 200 : 1500;
  for (let nth = 0; nth < count; nth += 1) rows.push({ nth, cells: [nth, nth + 0.5] });
});
