/** A bare watcher: talks with one program's preload line by line, so that a test chooses what is asked when. */
import { spawn } from "node:child_process";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import type { PreloadMessage, WatcherRequest } from "../../src/base/wire.ts";
import { makeFiles } from "./watched.ts";

/** One connected thread. */
export interface Conversation {
  ask(request: WatcherRequest): void;
  /** The first message of a type that comes from now on, or has come and was not taken yet. */
  next<T extends PreloadMessage["type"]>(type: T): Promise<Extract<PreloadMessage, { type: T }>>;
}

const PRELOAD = join(import.meta.dirname, "../../dist/preload/preload.cjs");
const DEADLINE_MS = 60_000;

/** Runs a program, calls `talk` with its main thread when that has greeted, and kills it afterwards. */
export async function converse<T>(
  program: { node: string; args: readonly string[]; env?: NodeJS.ProcessEnv },
  talk: (main: Conversation) => Promise<T>,
): Promise<T> {
  using place = makeFiles({}, "talk-");
  const path = join(place.path, "w");
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const connected = new Promise<Conversation>((resolve) => {
    server.on("connection", (socket) => {
      const conversation = open(socket);
      void conversation.next("hello").then((hello) => {
        if (hello.threadId === 0) resolve(conversation);
      });
    });
  });
  const env = {
    ...program.env,
    NODE_OPTIONS: `--require ${PRELOAD}`,
    PLIMSOLL_SOCKET: path,
    PLIMSOLL_INTERVAL_MS: "50",
  };
  const child = spawn(program.node, [...program.args], {
    env,
    stdio: "ignore",
    timeout: DEADLINE_MS,
    killSignal: "SIGKILL",
  });
  const ended = new Promise<never>((_, reject) => {
    child.once("exit", (code, signal) => reject(new Error(`the program ended with ${signal ?? code}`)));
    child.once("error", reject);
  });
  ended.catch(() => undefined);
  try {
    return await Promise.race([connected.then(talk), ended]);
  } finally {
    child.kill("SIGKILL");
    server.close();
  }
}

function open(socket: Socket): Conversation {
  const unread: PreloadMessage[] = [];
  const waiting = new Map<string, (message: PreloadMessage) => void>();
  let text = "";
  socket.setEncoding("utf8").on("error", () => socket.destroy());
  socket.on("data", (chunk: string) => {
    const lines = (text + chunk).split("\n");
    text = lines.pop() ?? "";
    for (const message of lines.map((line) => JSON.parse(line) as PreloadMessage)) {
      const resolve = waiting.get(message.type);
      waiting.delete(message.type);
      if (resolve) resolve(message);
      else if (unread.length < 1000) unread.push(message);
    }
  });
  return {
    ask: (request) => void socket.write(`${JSON.stringify(request)}\n`),
    next: (type) =>
      new Promise((resolve) => {
        const index = unread.findIndex((message) => message.type === type);
        const take = resolve as (message: PreloadMessage) => void;
        const found = index < 0 ? undefined : unread.splice(index, 1)[0];
        if (found) take(found);
        else waiting.set(type, take);
      }),
  };
}
