// Healthy: messages are compressed and sealed on the thread pool, as a queue of uploads does it.
import "../lifetime.cjs";
import { createCipheriv, pbkdf2, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { deflate } from "node:zlib";

const derive = promisify(pbkdf2);
const compress = promisify(deflate);

async function seal(n) {
  const text = Buffer.alloc(20_000 + ((n * 7919) % 200_000), `message ${n} `);
  const [key, packed] = await Promise.all([derive("secret", randomBytes(16), 100, 32, "sha256"), compress(text)]);
  const cipher = createCipheriv("aes-256-gcm", key, randomBytes(12));
  return Buffer.concat([cipher.update(packed), cipher.final(), cipher.getAuthTag()]).length;
}

let n = 0;
setInterval(() => {
  for (let i = 0; i < 4; i += 1) void seal((n += 1));
}, 50);
