// One run of ours, with checkpoints in a folder: `node ours-case.mjs SESSIONS TURNS FOLDER`.
import { setImmediate as nextTurn } from "node:timers/promises";
import { agent, Executor, fileCheckpoints, transform, Workflow } from "@plimsoll/workflow";
import { answerOf, converse, questionOf, report, SYSTEM } from "./conversation.mjs";

const [sessions, turns] = process.argv.slice(2, 4).map(Number);
const llm = {
  async complete(messages) {
    await nextTurn();
    const text = answerOf(messages.at(-1).content);
    return { text, toolCalls: [], finishReason: "stop", requests: 1, promptTokens: 0, completionTokens: 0 };
  },
};
const workflow = new Workflow({ name: "talk" })
  .addNode("answer", agent({ system: SYSTEM, conversation: "messages" }))
  .addNode("length", transform({ run: (_text, { session }) => session.get("messages").length }))
  .connect("answer", "length")
  .returns("length");

const executor = new Executor({
  llm,
  checkpoints: fileCheckpoints(process.argv[4]),
  profile: "highThroughput",
  limit: "512mb",
});
let messages = 0;
const ms = await converse(sessions, turns, async (session, turn) => {
  const { output } = await executor.execute(workflow, questionOf(session, turn), { session: `session ${session}` });
  messages = output;
});
const status = executor.status();
process.stderr.write(
  JSON.stringify({ sessions: status.sessions, values: status.values, profile: status.profile.name }),
);
await executor.close();
report(ms, sessions, turns, messages);
