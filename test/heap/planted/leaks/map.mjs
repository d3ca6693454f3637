// A login adds a session, and nothing ever removes one.
import { takeRounds } from "../rounds.cjs";

class Session {
  visits = 0;
  constructor(user) {
    this.user = user;
    this.rights = ["read", "write", user];
  }
}

const sessions = new Map();
const login = (user) => sessions.set(`${user}-${sessions.size}`, new Session(user));

await takeRounds(() => {
  for (let nth = 0; nth < 800; nth += 1) login(`user ${nth}`);
});
