/** Five leaks of which everything is known, each of another kind; the programs are those of test/truth. */
import { join } from "node:path";

const TRUTH = join(import.meta.dirname, "..", "..", "test", "truth");
const SECONDS = "240";

/** A program and what must be found in it. */
export interface Planted {
  readonly name: string;
  readonly command: readonly string[];
  /** Verdicts that are right. */
  readonly kinds: readonly string[];
  /** What a conclusion must name: the function that allocates, the holder, or the size of the chunks. */
  readonly named: readonly RegExp[];
}

/** See the file's head. */
export const PLANTED: readonly Planted[] = [
  {
    name: "sessions in a Map",
    command: ["node", join(TRUTH, "session-map.mjs"), SECONDS],
    kinds: ["js-heap"],
    named: [/createSession/, /LEAK: Map sessions in session-map\.mjs/],
  },
  {
    name: "uploads in Buffers",
    command: ["node", join(TRUTH, "large-buffers.cjs"), SECONDS],
    kinds: ["buffers"],
    named: [/storeUpload/, /Map uploads in large-buffers\.cjs/],
  },
  {
    name: "native blocks of 400 bytes",
    command: ["node", join(TRUTH, "native-small.mjs"), SECONDS],
    kinds: ["native"],
    named: [/chunks of 416 bytes/],
  },
  {
    name: "timers never cleared",
    command: ["node", join(TRUTH, "timers.cjs"), SECONDS],
    kinds: ["js-heap"],
    named: [/watchVisitor/, /timers that still run/],
  },
  {
    name: "results in a worker",
    command: ["node", join(TRUTH, "worker-heap.mjs"), SECONDS],
    kinds: ["js-heap", "workers"],
    named: [/keepResult/, /worker 1/],
  },
];
