// Leak: pages are cached by URL, query included, and never evicted; under real HTTP load.
import "./lifetime.cjs";
import { fork } from "node:child_process";
import { createServer } from "node:http";

const cache = new Map();

function renderPage(url) {
  return { url, at: Date.now(), rows: Array.from({ length: 60 }, (_, i) => ({ id: i, title: url })) };
}

const server = createServer((request, response) => {
  const page = cache.get(request.url) ?? renderPage(request.url);
  cache.set(request.url, page);
  response.end(String(page.rows.length));
});

server.listen(0, () => {
  fork(new URL("load.cjs", import.meta.url), [JSON.stringify({ port: server.address().port, perSecond: 400 })]);
});
