// Healthy: a least-recently-used cache of images under load, bounded by its bytes and full within seconds.
import "../lifetime.cjs";
import { fork } from "node:child_process";
import { createServer } from "node:http";

const MAX_BYTES = 40_000_000;
const images = new Map();
let bytes = 0;

function load(path) {
  const image = Buffer.alloc(10_000 + ((path.length * 7919 + images.size * 104_729) % 60_000), path);
  images.set(path, image);
  bytes += image.length;
  for (const [oldest, { length }] of images) {
    if (bytes <= MAX_BYTES) break;
    images.delete(oldest);
    bytes -= length;
  }
  return image;
}

const server = createServer((request, response) => {
  const image = images.get(request.url) ?? load(request.url);
  response.end(image.subarray(0, 100));
});

server.listen(0, () => {
  const program = new URL("../load.cjs", import.meta.url);
  fork(program, [JSON.stringify({ port: server.address().port, perSecond: 200 })]);
});
