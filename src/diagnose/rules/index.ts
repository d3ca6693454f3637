/**
 * Every rule, in the order in which findings that are no leak are preferred. A new kind is one file
 * here and one line below.
 */
import type { Rule } from "../rule.ts";
import { buffers } from "./buffers.ts";
import { external } from "./external.ts";
import { gcSlack } from "./gc-slack.ts";
import { healthy } from "./healthy.ts";
import { jsHeap } from "./js-heap.ts";
import { plateau } from "./plateau.ts";
import { undetermined } from "./undetermined.ts";

/** The rules that a diagnosis asks, all of them, every time. */
export const rules: readonly Rule[] = [
  // What V8 accounts for.
  jsHeap,
  buffers,
  external,
  // What V8 does not account for: workers, native, mappings, compiled-code, weakref-held and wasm go here.
  // Memory that is held without being needed: allocator-retained and mapped-files go here.
  gcSlack,
  plateau,
  healthy,
  // Last: what no other rule could settle.
  undetermined,
];
