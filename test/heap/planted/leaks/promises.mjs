// Requests wait for a promise that nothing ever settles.
import { takeRounds } from "../rounds.cjs";

const ready = new Promise(() => {});
async function handleRequest(request) {
  await ready;
  return request.body.length;
}

await takeRounds((round) => {
  for (let nth = 0; nth < 700; nth += 1) void handleRequest({ body: `body ${round} ${nth}`, headers: { nth } });
});
