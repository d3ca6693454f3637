// Promises that are waited for and settle.
import { takeRounds } from "../rounds.cjs";

async function handleRequest(id) {
  const request = { id, body: `body ${id}` };
  await new Promise((resolve) => setImmediate(resolve));
  return request.body.length;
}

await takeRounds(async (round) => {
  await Promise.all(Array.from({ length: 1500 }, (_, nth) => handleRequest(round * 1e6 + nth)));
});
