// Stands for the reader's own server wherever a document says `server.js`: it answers requests, keeps
// a little of each, asks itself for some, and ends after three seconds.
import { createServer, get } from "node:http";

const seen = [];
const server = createServer((request, response) => {
  seen.push({ url: request.url, at: Date.now(), headers: { ...request.headers } });
  response.end("hello\n");
});

server.listen(0, "127.0.0.1", () => {
  const { port } = server.address();
  const timer = setInterval(() => get({ port, path: "/" }, (response) => response.resume()).on("error", () => {}), 20);
  setTimeout(() => {
    clearInterval(timer);
    server.close();
  }, 3000);
});
