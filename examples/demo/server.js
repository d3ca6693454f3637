// A Fastify server with a session leak: every login puts a session into `sessions`, and nothing
// ever takes one out. `npm run demo` runs it under `plimsoll run`.
import { randomUUID } from "node:crypto";
import fastify from "fastify";

const sessions = new Map();
const app = fastify();

app.get("/login", async function login() {
  const session = { id: randomUUID(), startedAt: Date.now(), cart: new Array(500).fill(0) };
  sessions.set(session.id, session);
  return { session: session.id, open: sessions.size };
});

process.once("SIGTERM", () => void app.close());
// It must not outlive the demo, whatever happens to that.
setTimeout(() => process.exit(), 180_000).unref();
console.log(`listening on ${await app.listen({ host: "127.0.0.1", port: Number(process.env.PORT ?? 0) })}`);
