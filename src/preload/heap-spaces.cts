/**
 * What V8 tells of this thread's heap beyond its size: spaces (code among them), contexts, its own malloc.
 * A few microseconds; but for the size of compiled code V8 walks the heap, so that is read only where it is cheap.
 */
import type { HeapMessage } from "../base/wire.ts" with { "resolution-mode": "import" };

const v8 = require("node:v8") as typeof import("node:v8");

/** Walking took 168 ms for 603 MB of small objects on Node 20. */
const CODE_MS_PER_BYTE = 0.3 / 2 ** 20;
const MAX_CODE_MS = 50;
/** Of the time that such walks may take. */
const CODE_SHARE = 0.002;

class HeapSpaces {
  #codeAtMs = 0;

  /**
   * Reads them; best right after a collection.
   *
   * @param ownContexts - how many of the contexts are ours.
   */
  read(ownContexts: number): HeapMessage {
    const timeMs = Date.now();
    const heap = v8.getHeapStatistics();
    const predictedMs = heap.total_heap_size * CODE_MS_PER_BYTE;
    const isDue = timeMs - this.#codeAtMs >= predictedMs / CODE_SHARE;
    const readsCode = predictedMs <= MAX_CODE_MS && isDue;
    if (readsCode) this.#codeAtMs = timeMs;
    return {
      type: "heap",
      timeMs,
      spaces: v8
        .getHeapSpaceStatistics()
        .filter((space) => space.space_size > 0)
        .map((space) => ({
          name: space.space_name,
          usedBytes: space.space_used_size,
          sizeBytes: space.space_size,
        })),
      mallocedBytes: heap.malloced_memory,
      nativeContexts: heap.number_of_native_contexts - ownContexts,
      detachedContexts: heap.number_of_detached_contexts,
      globalHandlesBytes: heap.total_global_handles_size,
      // One object holds them for all of CommonJS.
      modules: Object.keys(require.cache).length,
      ...(readsCode ? { code: readCode() } : {}),
    };
  }
}

function readCode(): HeapMessage["code"] {
  const code = v8.getHeapCodeStatistics();
  return {
    codeBytes: code.code_and_metadata_size,
    bytecodeBytes: code.bytecode_and_metadata_size,
    externalSourceBytes: code.external_script_source_size,
  };
}

export type { HeapSpaces };
module.exports = { HeapSpaces };
