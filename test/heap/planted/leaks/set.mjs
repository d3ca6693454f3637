// A hub remembers every client that ever came; clients that leave stay in it.
import { takeRounds } from "../rounds.cjs";

class Client {
  isOpen = true;
  constructor(address) {
    this.address = address;
    this.unread = [address];
  }
}

class Hub {
  clients = new Set();
  connect(address) {
    this.clients.add(new Client(address));
  }
}

const hub = new Hub();
globalThis.onConnection = (address) => hub.connect(address);

await takeRounds(() => {
  for (let nth = 0; nth < 800; nth += 1) globalThis.onConnection(`10.0.0.${nth}`);
});
