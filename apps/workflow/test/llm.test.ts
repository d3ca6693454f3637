/** The client against an endpoint that is slow, cuts where it hurts, is busy, breaks and talks nonsense. */
import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LlmClient, LlmConfig, type OpenAiOptions, type StreamPart } from "../src/index.ts";
import { readEvents } from "../src/llm/event-stream.ts";
import { ModelServer, type ModelServerOptions } from "./support/model-server.ts";

async function start(options: ModelServerOptions = {}, config: Partial<OpenAiOptions> = {}) {
  const server = await ModelServer.start(options);
  const client = new LlmClient(LlmConfig.openai({ baseUrl: server.baseUrl, model: "m", ...config }));
  return {
    server,
    client,
    async [Symbol.asyncDispose]() {
      await client.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

async function textOf(parts: AsyncIterable<StreamPart>): Promise<string> {
  let text = "";
  for await (const part of parts) if (part.kind === "text") text += part.text;
  return text;
}

describe("complete", () => {
  it("answers, and counts tokens", async () => {
    await using place = await start({}, { apiKey: "secret" });
    const completion = await place.client.complete("12345678", { maxTokens: 5, temperature: 0 });
    expect(completion).toEqual({
      text: "echo: 12345678",
      toolCalls: [],
      finishReason: "stop",
      promptTokens: 2,
      completionTokens: 4,
      requests: 1,
    });
    expect(place.server.bodies[0]).toMatchObject({ model: "m", max_tokens: 5, temperature: 0 });
    expect(place.server.keys).toEqual(["Bearer secret"]);
    expect(place.client.usage).toEqual({ requests: 1, answers: 1, promptTokens: 2, completionTokens: 4 });
  });

  it.each(["busy", "error", "garbage", "half JSON", "cut off", "busy until later"] as const)(
    "tries again after: %s",
    async (fault) => {
      await using place = await start({ fault: (request) => (request === 0 ? fault : undefined) });
      expect(await place.client.complete("x")).toMatchObject({ text: "echo: x", requests: 2 });
    },
  );

  it("gives up after its tries, and says why without the question", async () => {
    await using place = await start({ fault: () => "error" }, { maxRetries: 1 });
    const failed = place.client.complete("a private question");
    await expect(failed).rejects.toMatchObject({ code: "ERR_WORKFLOW_MODEL" });
    await expect(failed).rejects.toThrow(/does not answer, after 2 requests: it answered 500\.$/);
  });

  it("does not try again what is refused, and repeats no sentence of the endpoint", async () => {
    await using place = await start({ fault: () => "refusal" });
    const failed = place.client.complete("x");
    await expect(failed).rejects.toMatchObject({ code: "ERR_WORKFLOW_REFUSED" });
    await expect(failed).rejects.toThrow(/it answered 400 \(model_not_found\)/);
    await expect(failed).rejects.not.toThrow(/secret/);
    expect(place.server.questions).toHaveLength(1);
  });

  it("gives up an endpoint that is silent, and stops when told", async () => {
    await using place = await start({ fault: () => "hang" }, { maxRetries: 0, timeoutMs: 100 });
    await expect(place.client.complete("x")).rejects.toThrow("nothing came for 0.1 s");
    const stop = new AbortController();
    const stopped = place.client.complete("x", { signal: stop.signal });
    stop.abort(new Error("enough"));
    await expect(stopped).rejects.toThrow("enough");
  });

  it("gives up an answer that is too long", async () => {
    await using place = await start({ answer: () => "x".repeat(10_000) }, { maxRetries: 0, maxAnswerBytes: 5000 });
    await expect(place.client.complete("x")).rejects.toThrow("an answer of more than 5000 bytes");
  });

  it.each([
    [{ model: "" }, "model is empty"],
    [{ model: "m", baseUrl: "ftp://x" }, "baseUrl is"],
    [{ model: "m", timeoutMs: 0 }, "timeoutMs is 0"],
  ])("refuses %j", (options, words) => {
    expect(() => LlmConfig.openai(options)).toThrow(words);
  });

  it("does not show the key", () => {
    const config = LlmConfig.openai({ model: "m", apiKey: "sk-secret" });
    expect(JSON.stringify(config) + inspect(config, { depth: 9 })).not.toContain("sk-secret");
  });
});

describe("stream", () => {
  it("brings every character, wherever the bytes are cut", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: "grapheme", maxLength: 40 }),
        fc.integer({ min: 1, max: 9 }),
        async (text, pieceBytes) => {
          await using place = await start({ answer: () => text, pieceBytes });
          expect(await textOf(place.client.stream("x"))).toBe(text);
        },
      ),
      { numRuns: 25 },
    );
  });

  it("ends with tokens and reason", async () => {
    await using place = await start();
    const parts: StreamPart[] = [];
    for await (const part of place.client.stream("one two")) parts.push(part);
    expect(parts.slice(0, 2)).toEqual([
      { kind: "text", text: "echo: " },
      { kind: "text", text: "one " },
    ]);
    expect(parts.at(-1)).toMatchObject({
      kind: "end",
      completion: { finishReason: "stop", promptTokens: 2, completionTokens: 4 },
    });
  });

  it.each(["cut off", "error", "busy", "no stream", "garbage"] as const)(
    "tries again while nothing has come: %s",
    async (fault) => {
      await using place = await start({ fault: (request) => (request === 0 ? fault : undefined) });
      expect(await textOf(place.client.stream("x"))).toBe("echo: x");
    },
  );

  it("says how far it was when it breaks later", async () => {
    await using place = await start({ fault: () => "cut off late", answer: () => "word ".repeat(50) });
    const parts = place.client.stream("x");
    await expect(textOf(parts)).rejects.toThrow(/broke after \d+ characters/);
  });

  it("gives up a stream that falls silent", async () => {
    await using place = await start({ pieceDelayMs: 2000 }, { maxRetries: 0, timeoutMs: 100 });
    await expect(textOf(place.client.stream("x"))).rejects.toThrow("nothing came for 0.1 s");
  });

  it("does not count the time that its reader takes", async () => {
    const chunks = ["a", "b", "c"].map((letter) => Buffer.from(`data: ${letter}\n\n`));
    const response = Object.assign(Readable.from(chunks), { headers: {}, setTimeout: () => undefined });
    const read: string[] = [];
    for await (const event of readEvents(response as unknown as IncomingMessage, 100)) {
      read.push(event);
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
    expect(read).toEqual(["a", "b", "c"]);
  });

  it("refuses an event that never ends", async () => {
    await using place = await start({ fault: () => "endless event" }, { maxRetries: 0 });
    await expect(textOf(place.client.stream("x"))).rejects.toThrow("an event of more than 1048576 bytes");
  });

  it("reads no further than its reader", async () => {
    const words = 400_000;
    await using place = await start({ answer: () => "word ".repeat(words), pieceBytes: 16_384 });
    const parts = place.client.stream("x");
    await parts.next();
    // The server can send no more once every buffer between is full: some of the 30 MB, and then no more of it.
    let [before, now] = [-1, 0];
    while (now !== before) {
      before = now;
      await new Promise((resolve) => setTimeout(resolve, 300));
      now = place.server.sentBytes;
    }
    expect(now).toBeLessThan(12 * 2 ** 20);
    let text = "";
    for await (const part of parts) {
      if (part.kind === "text") text += part.text;
      if (text.length >= 100_000) break;
    }
    expect(text).toBe("word ".repeat(20_000));
  });

  it("closes the connection when its reader leaves", async () => {
    await using place = await start({ answer: () => "word ".repeat(100_000) });
    for await (const _ of place.client.stream("x")) break;
    await expect.poll(() => place.server.open, { timeout: 20_000 }).toBe(0);
  });
});

describe("completeBatch", () => {
  it("answers all in their order, some at once, and tells which failed", async () => {
    await using place = await start({
      delayMs: 5,
      fault: (_request, question) => (question === "7" ? "refusal" : undefined),
    });
    const answers = [];
    const prompts = Array.from({ length: 60 }, (_, index) => String(index));
    for await (const answer of place.client.completeBatch(prompts, {
      concurrency: "auto",
      maxTokens: 10,
      temperature: 0,
    }))
      answers.push(answer.completion?.text ?? answer.error?.code);
    expect(answers).toEqual(prompts.map((prompt) => (prompt === "7" ? "ERR_WORKFLOW_REFUSED" : `echo: ${prompt}`)));
    expect(place.server.mostOpen).toBeGreaterThan(1);
  });

  it("puts several prompts into a request where the endpoint takes them", async () => {
    await using place = await start({ delayMs: 5, fault: (request) => (request === 1 ? "error" : undefined) });
    const prompts = Array.from({ length: 100 }, (_, index) => `prompt ${index}`);
    const texts: (string | undefined)[] = [];
    for await (const { completion } of place.client.completeBatch(prompts, { perRequest: "auto", maxTokens: 9 }))
      texts.push(completion?.text);
    expect(texts).toEqual(prompts.map((prompt) => `echo: ${prompt}`));
    expect(place.server.questions.length).toBeLessThan(30);
    expect(place.client.usage).toMatchObject({ answers: 100 });
  });

  it("refuses conversations where a request takes many prompts", async () => {
    await using place = await start();
    const answers = place.client.completeBatch([[{ role: "user", content: "x" }]], { perRequest: 4 });
    await expect(answers.next()).rejects.toThrow("perRequest");
  });

  it("takes no prompt before there is room for it", async () => {
    await using place = await start();
    let taken = 0;
    function* endless() {
      for (;;) yield String(taken++);
    }
    let read = 0;
    for await (const _ of place.client.completeBatch(endless(), { concurrency: 2 })) if (++read === 5) break;
    expect(taken).toBeLessThan(5 + 64 + 4);
    expect(place.server.mostOpen).toBeLessThanOrEqual(2);
  });
});
