// A queue as a linked list, filled and never drained.
import { takeRounds } from "../rounds.cjs";

class Job {
  next = undefined;
  constructor(payload) {
    this.payload = payload;
  }
}

const queue = { head: new Job("first"), tail: undefined };
queue.tail = queue.head;
function enqueue(payload) {
  queue.tail.next = new Job(payload);
  queue.tail = queue.tail.next;
}

await takeRounds(() => {
  for (let nth = 0; nth < 1200; nth += 1) enqueue({ nth, path: [nth] });
});
