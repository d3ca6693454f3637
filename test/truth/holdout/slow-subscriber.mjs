// Leak: a WebSocket server broadcasts to a subscriber that has stopped reading, and what it has not taken is queued.
import "../lifetime.cjs";
import { WebSocket, WebSocketServer } from "ws";

const server = new WebSocketServer({ port: 0, perMessageDeflate: false });
let frame = 0;

function broadcast() {
  const picture = Buffer.alloc(100_000, (frame += 1));
  for (const client of server.clients) client.send(picture);
}

server.on("listening", () => {
  const url = `ws://127.0.0.1:${server.address().port}`;
  const stopped = new WebSocket(url);
  stopped.on("open", () => stopped.pause());
  new WebSocket(url).on("message", () => {});
  setInterval(broadcast, 50);
});
