// Each new value keeps a closure whose scope keeps the value before it: a chain without an end.
const { takeRounds } = require("../rounds.cjs");

let current;
function replaceCurrent(nth) {
  const previous = current;
  const log = () => previous;
  current = {
    rows: Array.from({ length: 40 }, (_, row) => row + nth + 0.5),
    describe: () => (log ? "rows" : "none"),
  };
}

void takeRounds(() => {
  for (let nth = 0; nth < 500; nth += 1) replaceCurrent(nth);
});
