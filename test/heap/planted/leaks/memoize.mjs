// A memoised function keeps every answer in a Map that only its closure can see.
import { takeRounds } from "../rounds.cjs";

function memoize(compute) {
  const answers = new Map();
  return (key) => {
    if (!answers.has(key)) answers.set(key, compute(key));
    return answers.get(key);
  };
}

const route = memoize((path) => ({ path, segments: path.split("/") }));

await takeRounds((round) => {
  for (let nth = 0; nth < 700; nth += 1) route(`/shop/${round}/${nth}`);
});
