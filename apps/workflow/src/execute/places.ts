/**
 * Where checkpoints can be kept.
 */
import { join } from "node:path";
import { fileHistory, type HistoryDriver, postgresHistory, type PostgresPool } from "plimsoll/history";
import type { CheckpointPlace } from "./checkpoints.ts";
import { folderFiles, StorageFiles } from "./value-files.ts";

/** How checkpoints are kept in a folder. */
export interface FileCheckpointOptions {
  /**
   * True where a finished node has to survive a loss of power too: each write then waits for the disk. Default: false, what has
   * finished survives the death of the process, however it comes.
   */
  readonly sync?: boolean;
}

/** Checkpoints in a folder, which is made when it is not there. One process writes at a time. */
export function fileCheckpoints(folder: string, { sync = false }: FileCheckpointOptions = {}): CheckpointPlace {
  const history = fileHistory(join(folder, "history"));
  return {
    name: folder,
    history: sync ? history : withoutSync(history),
    values: () => folderFiles(join(folder, "values"), sync),
  };
}

/** How checkpoints are kept in PostgreSQL. */
export interface PostgresCheckpointOptions {
  /** A `Pool` of `pg`; two connections of it are taken. */
  readonly pool: PostgresPool;
  /** Of the checkpoints; many fit into one database. */
  readonly name: string;
}

/** Checkpoints in PostgreSQL, large values included: a run that ended with its machine goes on at another. One process writes at a time. */
export function postgresCheckpoints({ pool, name }: PostgresCheckpointOptions): CheckpointPlace {
  return {
    name: `postgres:${name}`,
    history: postgresHistory({ pool, name: `${name}/history` }),
    values: () => new StorageFiles(postgresHistory({ pool, name: `${name}/values` })),
  };
}

/** What was written survives the process once the kernel has it; only a loss of power asks for more. */
function withoutSync(driver: HistoryDriver): HistoryDriver {
  return {
    name: driver.name,
    async open(mode) {
      const storage = await driver.open(mode);
      return {
        list: () => storage.list(),
        read: (...args) => storage.read(...args),
        append: (...args) => storage.append(...args),
        sync: () => undefined,
        truncate: (...args) => storage.truncate(...args),
        remove: (...args) => storage.remove(...args),
        close: () => storage.close(),
      };
    },
  };
}
