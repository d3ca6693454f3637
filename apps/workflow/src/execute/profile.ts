/**
 * How an executor divides its memory and what it waits for. A profile is a row of a table; `auto` takes the row that suits the room
 * that there is.
 */
import { getSystemInfo, parseBytes, PlimsollError, type SizeInput } from "plimsoll/monitor";
import { WorkflowError } from "../workflow-error.ts";

/** What matters most. */
export type ProfileName = "lowLatency" | "highThroughput" | "memoryOptimised" | "auto";

/** The numbers behind a profile. */
export interface Profile {
  readonly name: Exclude<ProfileName, "auto">;
  /** Most bytes of the process that work may fill; undefined where nothing limits it. */
  readonly limitBytes: number | undefined;
  /** For large values, for sessions, and for what of checkpoints is not on disk. */
  readonly valueBytes: number;
  readonly sessionBytes: number;
  readonly historyBytes: number;
  /** From which a value is large, and may lie in a file. */
  readonly largeBytes: number;
  /** How long checkpoints wait for one another to be written together. */
  readonly flushDelayMs: number;
  /** Most nodes at once. */
  readonly maxConcurrency: number;
}

type Row = Pick<Profile, "largeBytes" | "flushDelayMs" | "maxConcurrency"> & {
  /** Shares of the room. */
  readonly values: number;
  readonly sessions: number;
  readonly history: number;
};

const KB = 1024;
const MB = 2 ** 20;

const ROWS: Readonly<Record<Profile["name"], Row>> = {
  lowLatency: {
    values: 0.4,
    sessions: 0.1,
    history: 0.1,
    largeBytes: 256 * KB,
    flushDelayMs: 0,
    maxConcurrency: Number.POSITIVE_INFINITY,
  },
  highThroughput: {
    values: 0.25,
    sessions: 0.1,
    history: 0.1,
    largeBytes: 64 * KB,
    flushDelayMs: 2,
    maxConcurrency: Number.POSITIVE_INFINITY,
  },
  memoryOptimised: {
    values: 0.05,
    sessions: 0.05,
    history: 0.1,
    largeBytes: 16 * KB,
    flushDelayMs: 2,
    maxConcurrency: 16,
  },
};

/** With less room than this, memory is what matters. */
const LITTLE_ROOM = 384 * MB;
/** No share is taken of more than this: what lies unused in memory speeds up nothing. */
const MOST_ROOM = 2048 * MB;
/** A history needs some memory whatever the limit is. */
const LEAST_HISTORY = 4 * MB;
/** The room that is assumed where nothing limits the process but the machine. */
const USABLE = 0.8;

/**
 * The numbers for a profile.
 *
 * @param limit - what the process may use. Default: 80 % of the tightest limit.
 * @throws WorkflowError `ERR_WORKFLOW_OPTION`
 */
export function profileFor(name: ProfileName, limit: SizeInput | undefined): Profile {
  const { tightestLimit } = getSystemInfo();
  const limitBytes = limit === undefined ? undefined : bytesOf(limit, tightestLimit?.bytes);
  const usable = limitBytes ?? USABLE * (tightestLimit?.bytes ?? MOST_ROOM);
  const room = Math.min(MOST_ROOM, Math.max(16 * MB, usable - process.memoryUsage.rss()));
  if (name !== "auto" && !(name in ROWS)) {
    const known = [...Object.keys(ROWS), "auto"].join(", ");
    throw new WorkflowError(
      "ERR_WORKFLOW_OPTION",
      `There is no profile ${JSON.stringify(name)}: give one of ${known}.`,
    );
  }
  const chosen = name === "auto" ? (room < LITTLE_ROOM ? "memoryOptimised" : "highThroughput") : name;
  const { values, sessions, history, ...rest } = ROWS[chosen];
  return {
    ...rest,
    name: chosen,
    limitBytes,
    valueBytes: values * room,
    sessionBytes: sessions * room,
    historyBytes: Math.max(LEAST_HISTORY, history * room),
  };
}

function bytesOf(limit: SizeInput, tightestBytes: number | undefined): number {
  try {
    return parseBytes(limit, tightestBytes);
  } catch (error) {
    if (!PlimsollError.is(error)) throw error;
    throw new WorkflowError("ERR_WORKFLOW_OPTION", `limit: ${error.message}`, {}, error);
  }
}
