/**
 * A checkpoint saver for LangGraph.js that writes what changed. Other savers write the whole state at every step of
 * a graph; here a step costs its new messages, and the memory of all threads together is bounded.
 */
import {
  BaseCheckpointSaver,
  type ChannelVersions,
  type Checkpoint,
  type CheckpointListOptions,
  type CheckpointMetadata,
  type CheckpointTuple,
  getCheckpointId,
  maxChannelVersion,
  type PendingWrite,
  TASKS,
  WRITES_IDX_MAP,
} from "@langchain/langgraph-checkpoint";
import type { ByteBudget } from "../../base/byte-budget.ts";
import type { SizeInput } from "../../base/bytes.ts";
import { PlimsollError } from "../../base/errors.ts";
import type { HistoryDriver } from "../driver.ts";
import { pack, unpack } from "./packed-value.ts";
import type { KeptWrite, ThreadHistory } from "./thread-history.ts";
import { ThreadPool } from "./thread-pool.ts";

const DEFAULT_MEMORY_BYTES = 32 * 2 ** 20;

/** How checkpoints are kept. */
export interface HistorySaverOptions {
  /** Where they lie; one saver at a time. */
  readonly driver: HistoryDriver;
  /** Memory for the newest checkpoints and the cache of all threads: a size, or a budget that others share. Default: 32 MB. */
  readonly memory?: SizeInput | ByteBudget;
  /** Turns values into bytes and back. Default: LangGraph's own, JSON. Only JSON is compared piece by piece. */
  readonly serde?: BaseCheckpointSaver["serde"];
}

/** Keeps the checkpoints of LangGraph.js as histories, one for each thread. */
export class HistorySaver extends BaseCheckpointSaver implements AsyncDisposable {
  readonly #pool: ThreadPool;

  private constructor(pool: ThreadPool, serde: HistorySaverOptions["serde"]) {
    super(serde);
    this.#pool = pool;
  }

  /**
   * Opens the checkpoints, and makes a place for them when there is none.
   *
   * @throws PlimsollError `ERR_PLIMSOLL_HISTORY_LOCKED` when somebody else writes there.
   */
  static async open({ driver, memory = DEFAULT_MEMORY_BYTES, serde }: HistorySaverOptions): Promise<HistorySaver> {
    return new HistorySaver(await ThreadPool.open(driver, memory), serde);
  }

  /** The checkpoint that a configuration names, else the newest of its thread and namespace. */
  override async getTuple(config: CheckpointTuple["config"]): Promise<CheckpointTuple | undefined> {
    const { thread_id: thread, checkpoint_ns: namespace = "" } = config.configurable ?? {};
    if (thread === undefined) return undefined;
    return this.#pool.read(String(thread), async (history) => {
      const id = getCheckpointId(config) || history.newest(namespace);
      return id === undefined ? undefined : this.#load(history, String(thread), namespace, id);
    });
  }

  /** Checkpoints that fit, the newest of a namespace first. */
  override async *list(
    config: CheckpointTuple["config"],
    options: CheckpointListOptions = {},
  ): AsyncGenerator<CheckpointTuple> {
    const { thread_id: thread, checkpoint_ns: wantedNamespace, checkpoint_id: wantedId } = config.configurable ?? {};
    const beforeId = options.before && getCheckpointId(options.before);
    let left = options.limit ?? Infinity;
    for (const one of thread === undefined ? this.#pool.threads : [String(thread)]) {
      const namespaces = (await this.#pool.read(one, async (history) => history.namespaces)) ?? [];
      for (const namespace of namespaces) {
        if (wantedNamespace !== undefined && namespace !== wantedNamespace) continue;
        for (const id of (await this.#pool.read(one, async (history) => history.ids(namespace))) ?? []) {
          if ((wantedId && id !== wantedId) || (beforeId && id >= beforeId)) continue;
          if (left <= 0) return;
          const tuple = await this.#pool.read(one, async (history) =>
            (await this.#fits(history, namespace, id, options.filter))
              ? this.#load(history, one, namespace, id)
              : undefined,
          );
          if (!tuple) continue;
          left--;
          yield tuple;
        }
      }
    }
  }

  /**
   * Keeps a checkpoint. A channel that was never said to have changed is not kept.
   *
   * @param newVersions - the channels that have changed since the checkpoint before.
   * @returns the configuration that names it; it is safe then.
   * @throws PlimsollError `ERR_PLIMSOLL_OVER_LIMIT` when the thread's newest state does not fit into the memory.
   */
  override async put(
    config: CheckpointTuple["config"],
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    newVersions: ChannelVersions,
  ): Promise<CheckpointTuple["config"]> {
    const { checkpoint_ns: namespace = "", checkpoint_id: parent } = config.configurable ?? {};
    const thread = nameOf(config, "thread_id");
    const { channel_values: values, ...head } = checkpoint;
    const { id, channel_versions: versions } = checkpoint;
    const packed = (value: unknown): Promise<unknown> => pack(this.serde, value);
    const kept = { namespace, id, parent, versions, values, changed: Object.keys(newVersions) };
    const rest = { head: await packed(head), metadata: await packed(metadata) };
    await this.#pool.write(thread, (history) => history.put(kept, rest, packed));
    return configOf(thread, namespace, id);
  }

  /** Keeps what tasks have written on top of a checkpoint. It is safe when this resolves. */
  override async putWrites(config: CheckpointTuple["config"], writes: PendingWrite[], taskId: string): Promise<void> {
    const thread = nameOf(config, "thread_id");
    const id = nameOf(config, "checkpoint_id");
    const kept = await Promise.all(
      writes.map(async ([channel, value], at): Promise<KeptWrite> => ({
        taskId,
        place: WRITES_IDX_MAP[channel] ?? at,
        channel,
        value: await pack(this.serde, value),
      })),
    );
    await this.#pool.write(thread, (history) => history.putWrites(config.configurable?.checkpoint_ns ?? "", id, kept));
  }

  /** Deletes the checkpoints of a thread, on the storage too. */
  override async deleteThread(threadId: string): Promise<void> {
    await this.#pool.delete(threadId);
  }

  /** Lets go of the storage. */
  async close(): Promise<void> {
    await this.#pool.close();
  }

  /** The same as {@link HistorySaver.close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #fits(
    history: ThreadHistory,
    namespace: string,
    id: string,
    filter: Readonly<Record<string, unknown>> = {},
  ): Promise<boolean> {
    const wanted = Object.entries(filter);
    if (wanted.length === 0) return true;
    const metadata = await unpack(this.serde, await history.loadMetadata(namespace, id));
    return wanted.every(([key, value]) => (metadata as Record<string, unknown>)[key] === value);
  }

  async #load(
    history: ThreadHistory,
    thread: string,
    namespace: string,
    id: string,
  ): Promise<CheckpointTuple | undefined> {
    const kept = await history.load(namespace, id);
    if (!kept) return undefined;
    const { parent } = kept;
    const values: Record<string, unknown> = {};
    for (const [channel, value] of kept.values) values[channel] = await unpack(this.serde, value);
    const head = (await unpack(this.serde, kept.head)) as Omit<Checkpoint, "channel_values">;
    const checkpoint: Checkpoint = { ...head, channel_values: values };
    if (checkpoint.v < 4 && parent !== undefined) {
      // Before version 4 what was to be sent next stood among the writes of the checkpoint before.
      const sends = (await this.#writes(history, namespace, parent)).filter(([, channel]) => channel === TASKS);
      const versions = Object.values(checkpoint.channel_versions);
      values[TASKS] = sends.map(([, , value]) => value);
      checkpoint.channel_versions[TASKS] =
        versions.length > 0 ? maxChannelVersion(...versions) : this.getNextVersion(undefined);
    }
    return {
      config: configOf(thread, namespace, id),
      checkpoint,
      metadata: (await unpack(this.serde, kept.metadata)) as CheckpointMetadata,
      pendingWrites: await this.#writes(history, namespace, id),
      ...(parent === undefined ? {} : { parentConfig: configOf(thread, namespace, parent) }),
    };
  }

  async #writes(history: ThreadHistory, namespace: string, id: string): Promise<[string, string, unknown][]> {
    const kept = [...(await history.loadWrites(namespace, id)).values()];
    return Promise.all(
      kept.map(async ({ taskId, channel, value }): Promise<[string, string, unknown]> => [
        taskId,
        channel,
        await unpack(this.serde, value),
      ]),
    );
  }
}

function configOf(thread: string, namespace: string, id: string): CheckpointTuple["config"] {
  return { configurable: { thread_id: thread, checkpoint_ns: namespace, checkpoint_id: id } };
}

/** @throws PlimsollError when a configuration lacks it. */
function nameOf(config: CheckpointTuple["config"], key: "thread_id" | "checkpoint_id"): string {
  const value: unknown = config.configurable?.[key];
  if (typeof value !== "string" && typeof value !== "number") {
    throw new PlimsollError(
      "ERR_PLIMSOLL_BAD_OPTION",
      `The configuration has no ${key}, so it is not known where the checkpoint belongs. Give it as { configurable: { ${key}: "..." } }.`,
    );
  }
  return String(value);
}
