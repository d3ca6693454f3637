// Healthy: WebSocket clients come, say something and go; the room forgets them.
import "../lifetime.cjs";
import { WebSocket, WebSocketServer } from "ws";

const room = new Map();
const server = new WebSocketServer({ port: 0 });
server.on("connection", (socket) => {
  const member = { since: Date.now(), said: [] };
  room.set(socket, member);
  socket.on("message", (words) => member.said.push(words.length));
  socket.on("close", () => room.delete(socket));
});

function visit(url) {
  const client = new WebSocket(url);
  client.on("open", () => client.send("hello", () => setTimeout(() => client.close(), 1_000)));
  client.on("error", () => {});
}

server.on("listening", () => {
  const url = `ws://127.0.0.1:${server.address().port}`;
  setInterval(() => visit(url), 50);
});
