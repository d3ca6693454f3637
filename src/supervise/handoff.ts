/**
 * State that outlives a replacement: when an instance has drained, what it gives is written to a file with its name,
 * version, length and checksum, and the instance that has taken over reads it, once. A file that is damaged or of another
 * version is refused, never half read.
 */
import { createHash, randomBytes } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";
import { formatBytes, parseBytes, type SizeInput } from "../base/bytes.ts";
import { publish } from "../base/channels.ts";
import { PlimsollError } from "../base/errors.ts";
import { supervision } from "./supervision.ts";

/** What is handed over, and how. */
export interface HandoffOptions<State> {
  /** The same in the old and the new program. */
  readonly name: string;
  /** Counts up when the shape of the state changes; another version's state is refused. Default: 1. */
  readonly version?: number;
  /** Makes sure that what was read is the state; throw when it is not. */
  readonly parse: (value: unknown) => State;
  /** Gives the state, once nothing is in flight any more; `undefined` for none. What `structuredClone` copies can be handed over. */
  readonly give: () => State | undefined | Promise<State | undefined>;
  /** Takes the state of the instance before. It comes when that has drained: this instance serves already. */
  readonly take: (state: State) => void;
  /** More is refused. Default: `64mb`. */
  readonly maxBytes?: SizeInput;
}

const MAGIC = "plimsoll.handoff/1";
const DIGEST_BYTES = 32;

/**
 * Hands state from each instance to the next. Without a supervisor it does nothing.
 *
 * @returns ends it when disposed.
 */
export function handoff<State>(options: HandoffOptions<State>): Disposable {
  const link = supervision();
  if (!link) return { [Symbol.dispose]: () => {} };
  const { name, version = 1, parse, give, take } = options;
  const maxBytes = parseBytes(options.maxBytes ?? "64mb");
  const giver = async (): Promise<{ name: string; file: string } | undefined> => {
    const state = await give();
    if (state === undefined) return undefined;
    const bytes = packState({ name, version, state }, maxBytes);
    const file = join(link.folder, `state-${randomBytes(8).toString("hex")}`);
    writeFileSync(file, bytes, { mode: 0o600, flag: "wx" });
    return { name, file };
  };
  const taker = (): void => {
    for (let at = link.states.findIndex((one) => one.name === name); at >= 0;) {
      const [handed] = link.states.splice(at, 1);
      at = link.states.findIndex((one) => one.name === name);
      if (handed) receive(handed.file);
    }
  };
  const receive = (file: string): void => {
    try {
      const bytes = readFileSync(file);
      rmSync(file, { force: true });
      take(parse(unpackState(bytes, { name, version })));
      publish("plimsoll:handoff:taken", () => ({ name, version, bytes: bytes.length }));
    } catch (error) {
      publish("plimsoll:handoff:refused", () => ({ name, version, error }));
      // Not this program's fault, and nobody waits for it: it goes on without the state, and says so as a warning.
      process.emitWarning(error instanceof Error ? error : String(error));
    }
  };
  link.givers.add(giver);
  link.takers.add(taker);
  taker();
  return {
    [Symbol.dispose]: () => {
      link.givers.delete(giver);
      link.takers.delete(taker);
    },
  };
}

/** What a file holds. */
interface Packed {
  readonly name: string;
  readonly version: number;
  readonly state: unknown;
}

/**
 * The bytes of a state: checksum, then everything else.
 *
 * @throws PlimsollError `ERR_PLIMSOLL_UNSAVABLE` when it is too large or cannot be copied.
 */
export function packState({ name, version, state }: Packed, maxBytes: number): Buffer {
  let body: Buffer;
  try {
    body = serialize([MAGIC, name, version, state]);
  } catch (cause) {
    throw new PlimsollError("ERR_PLIMSOLL_UNSAVABLE", `The state "${name}" cannot be handed over: ${String(cause)}.`, {
      details: { name },
      cause,
    });
  }
  if (body.length > maxBytes) {
    throw new PlimsollError(
      "ERR_PLIMSOLL_UNSAVABLE",
      `The state "${name}" has ${formatBytes(body.length)}, of which ${formatBytes(maxBytes)} may be handed over. ` +
        "Keep less of it, or set maxBytes.",
      { details: { name, bytes: body.length, maxBytes } },
    );
  }
  return Buffer.concat([createHash("sha256").update(body).digest(), body]);
}

/**
 * Reads them again.
 *
 * @throws PlimsollError `ERR_PLIMSOLL_HANDOFF_REFUSED` when they are damaged, or another name's or version's.
 */
export function unpackState(bytes: Uint8Array, { name, version }: Omit<Packed, "state">): unknown {
  const body = bytes.subarray(DIGEST_BYTES);
  const digest = createHash("sha256").update(body).digest();
  if (bytes.length <= DIGEST_BYTES || !digest.equals(bytes.subarray(0, DIGEST_BYTES))) {
    throw refused(name, `its checksum does not match its ${bytes.length} bytes`);
  }
  const read: unknown = deserialize(body);
  const [magic, writtenName, writtenVersion, state] = Array.isArray(read) ? (read as unknown[]) : [];
  if (magic !== MAGIC || writtenName !== name) throw refused(name, "it is another state");
  if (writtenVersion !== version) throw refused(name, `it has version ${String(writtenVersion)}, wanted is ${version}`);
  return state;
}

function refused(name: string, why: string): PlimsollError {
  return new PlimsollError(
    "ERR_PLIMSOLL_HANDOFF_REFUSED",
    `The state "${name}" of the instance before was refused: ${why}. This instance goes on without it.`,
    { details: { name } },
  );
}
