// Output collected in one string that is only ever added to.
import { takeRounds } from "../rounds.cjs";

let transcript = "";
function say(line) {
  transcript += `${line} was said at ${Date.now()}\n`;
}

await takeRounds(() => {
  for (let nth = 0; nth < 1500; nth += 1) say(`line ${nth}`);
});
