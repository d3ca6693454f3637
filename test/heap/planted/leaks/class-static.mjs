// A class keeps all of its instances in a static array.
import { takeRounds } from "../rounds.cjs";

class Order {
  static all = [];
  constructor(id) {
    this.id = id;
    this.lines = [{ id, amount: id + 0.5 }];
    Order.all.push(this);
  }
}

await takeRounds((round) => {
  for (let nth = 0; nth < 700; nth += 1) new Order(round * 1e6 + nth);
});
