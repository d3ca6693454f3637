/** All that tools work with, opened once and shared by every session of a server. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { BoundedMap } from "plimsoll/budget";
import type { NativeHeapWalk } from "plimsoll/diagnose/remote";
import { Pager } from "../answer/pager.ts";
import { Analyst } from "../heap/analyst.ts";
import { Snapshots } from "../heap/snapshots.ts";
import { PostgresHistory } from "../history/postgres-history.ts";
import { SampleBuffer } from "../history/sample-buffer.ts";
import type { SampleHistory } from "../history/sample-history.ts";
import { SqliteHistory } from "../history/sqlite-history.ts";
import { Watches } from "../watch/watches.ts";
import { AuditLog } from "./audit-log.ts";

/** How the server works. */
export interface ServiceOptions {
  /** For its files: history, snapshots, audit log. Made with mode 0700. */
  readonly dir: string;
  /** Bytes of an answer as JSON. Default: 2,048. */
  readonly answerBytes?: number;
  /** What opened snapshots may take in the analyst. Default: 1 GiB, half of the free memory at most. */
  readonly analysisBytes?: number;
  /** `postgres://…`. Default: a SQLite file in `dir`. */
  readonly postgresUrl?: string;
}

/** Walks take some ten kilobytes each. */
const WALKS = "4mb";

/** What tools work with. */
export interface Services extends AsyncDisposable {
  readonly dir: string;
  readonly watches: Watches;
  readonly snapshots: Snapshots;
  readonly analyst: Analyst;
  readonly history: SampleHistory;
  readonly buffer: SampleBuffer;
  readonly pager: Pager;
  readonly audit: AuditLog;
  /** Walks of native heaps by handle. */
  readonly walks: BoundedMap<string, NativeHeapWalk>;
}

/**
 * Opens everything.
 *
 * @throws PlimsollError `ERR_PLIMSOLL_UNWRITABLE` when the history cannot be opened.
 */
export async function openServices({
  dir,
  answerBytes,
  analysisBytes,
  postgresUrl,
}: ServiceOptions): Promise<Services> {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const history =
    postgresUrl === undefined
      ? await SqliteHistory.open(join(dir, "history.sqlite"))
      : await PostgresHistory.open(postgresUrl);
  const buffer = new SampleBuffer(history);
  const watches = new Watches((sample) => buffer.add(sample));
  const snapshots = new Snapshots(dir);
  const analyst = new Analyst(analysisBytes === undefined ? {} : { memoryBytes: analysisBytes });
  return {
    dir,
    watches,
    snapshots,
    analyst,
    history,
    buffer,
    pager: new Pager(answerBytes === undefined ? {} : { maxBytes: answerBytes }),
    audit: new AuditLog(join(dir, "audit.ndjson")),
    walks: new BoundedMap({ memory: WALKS, name: "native heaps" }),
    async [Symbol.asyncDispose]() {
      await watches[Symbol.asyncDispose]();
      analyst[Symbol.dispose]();
      snapshots[Symbol.dispose]();
      await buffer[Symbol.asyncDispose]();
    },
  };
}
