/**
 * One attach at a time: all Node.js programs of a network use the same port, and the second that is
 * signalled could not listen. The lock is an abstract Unix socket, which belongs to the same network as the port,
 * has no file to be left behind, and vanishes with its holder. Source: unix(7).
 */
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const NAME = "\0plimsoll-inspector";
const RETRY_MS = 25;

/**
 * Waits for the lock.
 *
 * @param name - Default: the one that all users of the machine share.
 * @returns what releases it, or `undefined` when another holds it beyond the deadline.
 */
export async function takePortLock(deadlineMs: number, name = NAME): Promise<Disposable | undefined> {
  const until = performance.now() + deadlineMs;
  for (;;) {
    const lock = await tryLock(name);
    if (lock !== undefined) return lock;
    if (performance.now() >= until) return undefined;
    await sleep(RETRY_MS);
  }
}

function tryLock(name: string): Promise<Disposable | undefined> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy()).unref();
    const lock: Disposable = { [Symbol.dispose]: () => void server.close() };
    server.once("error", (error: NodeJS.ErrnoException) => {
      // Anything else means that there are no such sockets here: then the port's own state must do.
      resolve(error.code === "EADDRINUSE" ? undefined : { [Symbol.dispose]: () => undefined });
    });
    // Exclusive: workers of a cluster would share it.
    server.listen({ path: name, exclusive: true }, () => resolve(lock));
  });
}
