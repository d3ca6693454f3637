/** What a thread of piscina.ts does: holds 40 MB in a Buffer for a while. */
import { setTimeout as sleep } from "node:timers/promises";

export async function decode(photo) {
  const pixels = Buffer.alloc(40 * 2 ** 20, photo + 1);
  await sleep(60);
  return pixels.length;
}
