// One run of LangGraph.js with its MemorySaver: `node langgraph-case.mjs SESSIONS TURNS`.
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { setImmediate as nextTurn } from "node:timers/promises";
import { answerOf, converse, questionOf, report, SYSTEM } from "./conversation.mjs";

// The peers are installed in a folder of their own.
const require = createRequire(join(import.meta.dirname, "peers", "package.json"));
const load = (name) => import(pathToFileURL(require.resolve(name)).href);
const { AIMessage, HumanMessage, SystemMessage } = await load("@langchain/core/messages");
const { Annotation, END, MemorySaver, MessagesAnnotation, START, StateGraph } = await load("@langchain/langgraph");

const [sessions, turns] = process.argv.slice(2, 4).map(Number);
const State = Annotation.Root({ ...MessagesAnnotation.spec, length: Annotation() });
const graph = new StateGraph(State)
  .addNode("answer", async (state) => {
    const messages = [new SystemMessage(SYSTEM), ...state.messages];
    await nextTurn();
    return { messages: [new AIMessage(answerOf(messages.at(-1).content))] };
  })
  .addNode("count", (state) => ({ length: state.messages.length }))
  .addEdge(START, "answer")
  .addEdge("answer", "count")
  .addEdge("count", END)
  .compile({ checkpointer: new MemorySaver() });

let messages = 0;
const ms = await converse(sessions, turns, async (session, turn) => {
  const state = await graph.invoke(
    { messages: [new HumanMessage(questionOf(session, turn))] },
    { configurable: { thread_id: `session ${session}` } },
  );
  messages = state.length;
});
report(ms, sessions, turns, messages);
