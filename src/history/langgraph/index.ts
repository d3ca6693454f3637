/** `plimsoll/history/langgraph`: checkpoints of LangGraph.js that cost what changed. Needs the optional peer `@langchain/langgraph-checkpoint`. */
export { HistorySaver, type HistorySaverOptions } from "./history-saver.ts";
