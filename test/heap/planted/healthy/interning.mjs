// Words are interned; there are only so many of them, and new ones come in ever more seldom.
import { takeRounds } from "../rounds.cjs";

const interned = new Map();
function intern(word) {
  const known = interned.get(word);
  if (known !== undefined) return known;
  interned.set(word, word);
  return word;
}

let seed = 1;
const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;

await takeRounds(() => {
  for (let nth = 0; nth < 6000; nth += 1) intern(`word ${Math.floor(random() ** 2 * 2000)}`);
});
