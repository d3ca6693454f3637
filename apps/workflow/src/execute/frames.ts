/**
 * Lists of values one behind the other in a file, each with its length and checksum.
 */
import { deserialize, serialize } from "node:v8";
import { crc32 } from "node:zlib";
import { WorkflowError } from "../workflow-error.ts";

const HEAD_BYTES = 8;

/** A list as bytes. @throws Error for what cannot be kept, such as a function. */
export function writeFrame(values: readonly unknown[]): Buffer {
  const body = serialize(values);
  const frame = Buffer.allocUnsafe(HEAD_BYTES + body.length);
  frame.writeUInt32LE(body.length, 0);
  frame.writeUInt32LE(crc32(body), 4);
  body.copy(frame, HEAD_BYTES);
  return frame;
}

/** The lists. @throws WorkflowError `ERR_WORKFLOW_STORAGE` when one is not what was written. */
export function* readFrames(bytes: Uint8Array, name: string): Generator<readonly unknown[]> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < bytes.length;) {
    const length = at + HEAD_BYTES <= bytes.length ? view.getUint32(at, true) : Number.POSITIVE_INFINITY;
    const body = bytes.subarray(at + HEAD_BYTES, at + HEAD_BYTES + length);
    if (body.length < length || crc32(body) !== view.getUint32(at + 4, true))
      throw new WorkflowError("ERR_WORKFLOW_STORAGE", `${name} is not what was written, from byte ${at} on.`, { at });
    yield deserialize(body) as readonly unknown[];
    at += HEAD_BYTES + length;
  }
}
