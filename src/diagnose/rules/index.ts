/**
 * Every rule, in the order in which findings that are no leak are preferred. A new kind is one file
 * here and one line below.
 */
import type { Rule } from "../rule.ts";
import { allocatorRetained } from "./allocator-retained.ts";
import { buffers } from "./buffers.ts";
import { compiledCode } from "./compiled-code.ts";
import { external } from "./external.ts";
import { gcSlack } from "./gc-slack.ts";
import { healthy } from "./healthy.ts";
import { jsHeap } from "./js-heap.ts";
import { mappedFiles } from "./mapped-files.ts";
import { mappings } from "./mappings.ts";
import { native } from "./native.ts";
import { plateau } from "./plateau.ts";
import { undetermined } from "./undetermined.ts";
import { wasm } from "./wasm.ts";
import { weakrefHeld } from "./weakref-held.ts";
import { workers } from "./workers.ts";

/** The rules that a diagnosis asks, all of them, every time. */
export const rules: readonly Rule[] = [
  // What V8 accounts for.
  jsHeap,
  compiledCode,
  weakrefHeld,
  buffers,
  external,
  // What it does not account for, or not in the main thread.
  workers,
  native,
  mappings,
  // Memory that is held without being needed; a WebAssembly memory may be either.
  wasm,
  allocatorRetained,
  mappedFiles,
  gcSlack,
  plateau,
  healthy,
  // Last: what no other rule could settle.
  undetermined,
];
