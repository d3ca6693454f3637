// Leak: a log kept in an array.
import "./lifetime.cjs";

const log = [];

class Audit {
  record(action, user) {
    log.push({ action, user, at: new Date(), details: { attempts: [1, 2, 3], note: `${action} by ${user}` } });
  }
}

const audit = new Audit();
let calls = 0;
setInterval(() => {
  for (let i = 0; i < 400; i += 1) audit.record("login", `user-${(calls += 1)}`);
}, 100);
