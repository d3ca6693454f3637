// A large table is built when it is first asked for, in the first round that is compared.
import { takeRounds } from "../rounds.cjs";

let table;
function lookUp(nth) {
  table ??= Array.from({ length: 3000 }, (_, row) => ({ row, root: Math.sqrt(row) }));
  return table[nth % table.length];
}

await takeRounds((round) => {
  if (round > 0) for (let nth = 0; nth < 2000; nth += 1) lookUp(nth);
});
