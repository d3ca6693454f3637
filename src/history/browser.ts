/** `plimsoll/history/browser`: the store without the drivers of Node.js. Nothing here, and nothing that it imports, needs a `node:` module. */
export type { ByteBudget, ByteConsumer, ByteLease } from "../base/byte-budget.ts";
export type { SizeInput } from "../base/bytes.ts";
export { type ErrorDetails, PlimsollError, type PlimsollErrorCode } from "../base/errors.ts";
export type { Change } from "./diff.ts";
export type { Awaitable, HistoryDriver, HistoryStorage, StoredFile } from "./driver.ts";
export { indexedDbHistory } from "./drivers/indexed-db.ts";
export { memoryHistory } from "./drivers/memory.ts";
export { opfsHistory } from "./drivers/opfs.ts";
export type { HistoryOptions } from "./history-options.ts";
export { HistoryStore } from "./history-store.ts";
export type { Path } from "./kind.ts";
export { Metadata } from "./metadata.ts";
export { Patch, patch, type PatchOperation } from "./patch.ts";
export type { Damage } from "./recovery.ts";
export type { StateView } from "./state-view.ts";
export { type InternedSymbol, InternTable, SymbolTable } from "./symbol-table.ts";
export type { StepInfo } from "./step-list.ts";
export type { Keep, StepRange, Thinning } from "./thinning.ts";
