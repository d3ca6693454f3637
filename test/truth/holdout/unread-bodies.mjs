// Leak: a crawler that looks at the status alone and keeps the responses whose bodies it never reads.
import "../lifetime.cjs";
import { createServer } from "node:http";

const page = "<p>text</p>".repeat(5_000);
const server = createServer((_request, response) => response.end(page));
const seen = new Map();

async function check(url) {
  const response = await fetch(url);
  seen.set(url, response);
}

server.listen(0, () => {
  const { port } = server.address();
  let n = 0;
  setInterval(() => void check(`http://127.0.0.1:${port}/${(n += 1)}`).catch(() => {}), 50);
});
