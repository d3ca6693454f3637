// A server answers requests over connections that stay open.
import { once } from "node:events";
import { Agent, createServer, get } from "node:http";
import { takeRounds } from "../rounds.cjs";

const server = createServer((request, response) => response.end(`you asked for ${request.url}`));
server.listen(0, "127.0.0.1");
await once(server, "listening");
const agent = new Agent({ keepAlive: true, maxSockets: 4 });

async function ask(path) {
  const request = get({ agent, host: "127.0.0.1", port: server.address().port, path });
  const [response] = await once(request, "response");
  response.resume();
  await once(response, "end");
}

await takeRounds(async (round) => {
  for (let nth = 0; nth < 150; nth += 1) await ask(`/${round}/${nth}`);
});
