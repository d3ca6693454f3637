/** The server of the demo, a process of its own: documents, and a model that takes its time. */
import { ModelServer } from "../test/support/model-server.ts";

const server = await ModelServer.start({
  delayMs: 20,
  answer: (question) => `It is a text of ${question.slice(0, 60)}`,
});
process.stdout.write(`${server.origin}\n`);
// It ends with whoever started it.
process.stdin.on("end", () => process.exit(0)).resume();
