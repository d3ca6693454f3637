/** The contract of adapters on every library that there is one for, the libraries themselves being real. */
import { type FileHandle, open } from "node:fs/promises";
import * as jax from "@jax-js/jax";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import * as ort from "onnxruntime-web";
import { jaxArrays, onnxTensors, tfjsTensors } from "../../../src/scope/index.ts";
import { describeAdapter } from "./contract.ts";
import { doublingModel } from "./onnx-model.ts";
import { Counted, countedAdapter } from "../counted.ts";

describeAdapter({
  name: "a counting library",
  adapter: () => countedAdapter,
  create: () => new Counted(),
  isSeen: true,
  alive: ({ references }) => references > 0,
});

describeAdapter({
  name: "jax-js",
  adapter: () => jaxArrays(jax),
  async prepare() {
    await jax.init("wasm");
    jax.defaultDevice("wasm");
  },
  create: () => jax.numpy.array([1, 2]),
  isSeen: true,
  alive: ({ refCount }) => refCount > 0,
});

describeAdapter({
  name: "tfjs",
  adapter: () => tfjsTensors(tf),
  prepare: () => tf.ready(),
  create: () => tf.tensor1d([1, 2]),
  isSeen: true,
  alive: ({ isDisposed }) => !isDisposed,
});

describeAdapter({
  name: "onnxruntime tensors",
  adapter: () => onnxTensors(ort),
  create: () => new ort.Tensor("float32", [1, 2], [2]),
  isSeen: false,
  alive: (value) => "location" in value && value.location !== "none",
});

// The handler is the library's own; it refuses to run a session that was released.
const releasedSessions = new Set<object>();
describeAdapter({
  name: "onnxruntime sessions",
  adapter: () => onnxTensors(ort),
  async prepare() {
    ort.env.wasm.numThreads = 1;
  },
  async create() {
    const session = await ort.InferenceSession.create(doublingModel);
    const { handler } = session as unknown as { handler: { dispose(): Promise<void> } };
    const dispose = handler.dispose.bind(handler);
    handler.dispose = async () => {
      await dispose();
      releasedSessions.add(session);
    };
    return session;
  },
  isSeen: true,
  alive: (session) => !releasedSessions.has(session),
});

class Disposed {
  isOpen = true;
  [Symbol.dispose](): void {
    if (!this.isOpen) throw new Error("disposed twice");
    this.isOpen = false;
  }
}
describeAdapter({ name: "Symbol.dispose", create: () => new Disposed(), isSeen: false, alive: ({ isOpen }) => isOpen });

/** As generators of bindings to WebAssembly write them: a pointer, and `free()`. */
class WasmHandle {
  pointer = 1024;
  free(): void {
    if (this.pointer === 0) throw new Error("null pointer passed to rust");
    this.pointer = 0;
  }
}
describeAdapter({
  name: "free()",
  create: () => new WasmHandle(),
  isSeen: false,
  alive: ({ pointer }) => pointer !== 0,
});

describeAdapter<FileHandle>({
  name: "an open file",
  create: () => open(import.meta.filename),
  isSeen: false,
  alive: ({ fd }) => fd >= 0,
});
