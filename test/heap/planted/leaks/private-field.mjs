// A cache without a bound in a private field.
import { takeRounds } from "../rounds.cjs";

class Geocoder {
  #places = new Map();
  find(address) {
    const known = this.#places.get(address) ?? { address, at: [address.length + 0.5, 8.25] };
    this.#places.set(address, known);
    return known;
  }
}

const geocoder = new Geocoder();

await takeRounds((round) => {
  for (let nth = 0; nth < 800; nth += 1) geocoder.find(`street ${round} ${nth}`);
});
