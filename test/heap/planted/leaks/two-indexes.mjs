// The same records in two Maps of one store: neither alone keeps them.
import { takeRounds } from "../rounds.cjs";

class Store {
  byId = new Map();
  byName = new Map();
  add(id) {
    const item = { id, name: `item ${id}`, tags: [id, id] };
    this.byId.set(id, item);
    this.byName.set(item.name, item);
  }
}

const store = new Store();

await takeRounds((round) => {
  for (let nth = 0; nth < 700; nth += 1) store.add(round * 1e6 + nth);
});
