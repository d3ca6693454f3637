// Leak: a Map of sessions that nobody deletes from.
import "./lifetime.cjs";

const sessions = new Map();
let next = 0;

function createSession(user) {
  return {
    user,
    startedAt: Date.now(),
    roles: ["reader", "writer"],
    visited: Array.from({ length: 20 }, (_, i) => ({ page: i, user })),
  };
}

setInterval(() => {
  for (let i = 0; i < 100; i += 1) {
    next += 1;
    sessions.set(next, createSession(`user-${next}`));
  }
}, 100);
