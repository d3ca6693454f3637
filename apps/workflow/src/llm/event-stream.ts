/**
 * Server-sent events of a response, one by one. The next bytes are taken from the connection only when every event before them has
 * been read, so a slow reader slows the sender down and nothing piles up: at any time there is one chunk (64 KB at most) and what it held.
 */
import type { IncomingMessage } from "node:http";
import { createParser } from "eventsource-parser";
import { EndpointFailure, silentFor } from "./endpoint.ts";

/** Bytes without the end of an event after which it is none. */
const MAX_EVENT_BYTES = 2 ** 20;

/**
 * The data of each event.
 *
 * @param timeoutMs - until it is given up that bytes come; the time that the reader takes does not count.
 * @throws EndpointFailure when it is no event stream, or an event is too long.
 */
export async function* readEvents(
  response: IncomingMessage,
  timeoutMs: number,
): AsyncGenerator<string, void, undefined> {
  const type = response.headers["content-type"] ?? "";
  if (type !== "" && !type.includes("event-stream")) throw new EndpointFailure("failed", "its answer is no stream");
  const events: string[] = [];
  let openBytes = 0;
  const parser = createParser({
    onEvent: ({ data }) => {
      events.push(data);
      openBytes = 0;
    },
  });
  // A character may be cut in two by the network: the decoder keeps its first half.
  const decoder = new TextDecoder("utf-8");
  const chunks = (response as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  // The socket's own would run while nobody reads.
  response.setTimeout(0);
  for (;;) {
    const timer = setTimeout(() => response.destroy(silentFor(timeoutMs)), timeoutMs);
    const { done, value } = await chunks.next().finally(() => clearTimeout(timer));
    if (done) return;
    openBytes += value.length;
    parser.feed(decoder.decode(value, { stream: true }));
    if (openBytes > MAX_EVENT_BYTES)
      throw new EndpointFailure("failed", `an event of more than ${MAX_EVENT_BYTES} bytes`);
    yield* events;
    events.length = 0;
  }
}
