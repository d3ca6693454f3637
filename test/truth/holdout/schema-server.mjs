// Healthy: a fastify server with compiled schemas for what comes in and goes out.
import "../lifetime.cjs";
import { fork } from "node:child_process";
import fastify from "fastify";

const app = fastify();
const item = { type: "object", properties: { id: { type: "integer" }, title: { type: "string" } } };
app.get("/pages/:page", {
  schema: {
    params: { type: "object", properties: { page: { type: "integer" } } },
    response: { 200: { type: "array", items: item } },
  },
  handler: async ({ params }) => Array.from({ length: 50 }, (_, i) => ({ id: i, title: `${params.page}/${i}` })),
});

await app.listen({ port: 0 });
const load = new URL("../load.cjs", import.meta.url);
fork(load, [JSON.stringify({ port: app.server.address().port, perSecond: 200 })]);
