/** `plimsoll/history`: keep a million states of a program in a few megabytes, go back to any. */
export * from "./browser.ts";
export { fileHistory } from "./drivers/file.ts";
export {
  type PostgresClient,
  postgresHistory,
  type PostgresHistoryOptions,
  type PostgresPool,
} from "./drivers/postgres.ts";
