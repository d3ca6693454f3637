/** `plimsoll/history/langgraph`: checkpoints of LangGraph.js that cost what changed. Needs the optional peer `@langchain/langgraph-checkpoint`. */
export { HistorySaver, type HistorySaverOptions } from "./history-saver.ts";
export type { ByteBudget, ByteConsumer, ByteLease } from "../../base/byte-budget.ts";
export type { SizeInput } from "../../base/bytes.ts";
export type { Awaitable, HistoryDriver, HistoryStorage, StoredFile } from "../driver.ts";
