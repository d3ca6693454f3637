/**
 * The workflow of the demo: 10,000 documents of 1 MB are fetched by a tool, the telling part of each is put to a model, and the answers
 * become one table. Documents and answers come from a server on this machine (server.ts).
 */
import { get } from "node:http";
import { agent, LlmConfig, map, tool, transform, Workflow } from "@plimsoll/workflow";

const SERVER = process.env["DEMO_SERVER"] ?? "http://127.0.0.1:8080";
const DOCUMENTS = Number(process.env["DEMO_DOCUMENTS"] ?? 10_000);
const DOCUMENT_BYTES = 2 ** 20;

/** One document, as the text that it is. */
function fetchText(url: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get(url, { signal }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve(Buffer.concat(chunks).toString("latin1")));
      response.on("error", reject);
    });
    request.on("error", reject);
  });
}

const document = new Workflow<number>({ name: "document" })
  .addNode(
    "fetch",
    tool({
      retries: 2,
      run: (id: number, { signal }) => fetchText(`${SERVER}/documents/${id}?bytes=${DOCUMENT_BYTES}`, signal),
    }),
  )
  .addNode("passage", transform({ run: (text: string) => `${text.length} characters: ${text.slice(0, 200)}` }))
  .addNode("summary", agent<string>({ system: "Say in one sentence what this is about.", maxTokens: 60 }))
  .connect("fetch", "passage")
  .connect("passage", "summary")
  .returns("summary");

export const llm = LlmConfig.openai({ baseUrl: `${SERVER}/v1`, model: "local" });

// The command takes the default export.
// oxlint-disable-next-line import/no-default-export
export default new Workflow({ name: "documents" })
  .addNode(
    "documents",
    map({
      items: () => Array.from({ length: DOCUMENTS }, (_, id) => id),
      each: document,
      reduce: {
        initial: () => ({ documents: 0, characters: 0, answered: 0 }),
        step: ({ documents, characters, answered }, summary: string) => ({
          documents: documents + 1,
          characters: characters + Number(/(\d+) characters/.exec(summary)?.[1] ?? 0),
          answered: answered + summary.length,
        }),
      },
    }),
  )
  .returns("documents");
