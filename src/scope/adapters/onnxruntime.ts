/**
 * Sessions and tensors of `onnxruntime-web` and `onnxruntime-node`. A session holds its model in native or WebAssembly memory until it is
 * released, which takes its time. Seen are sessions, and the tensors that a run gives; a tensor made with `new` is
 * memory of JavaScript or a buffer of the caller's: give it to `use` where it must go.
 */
import type { Adapter, ValueEvents } from "../adapter.ts";
import { assertUnreleased } from "../released.ts";
import { shadow, together } from "./shadow.ts";

/** What is used of a tensor. */
export interface OnnxTensor {
  /** `cpu`, `gpu-buffer` and so on; `none` once it was disposed. */
  readonly location: string;
  /** Elements. */
  readonly size: number;
  /** `float32`, `int64` and so on. */
  readonly type: string;
  /** Gives it up. */
  dispose(): void;
}

/** What is used of a session. */
export interface OnnxSession {
  /** Gives its memory up. */
  release(): Promise<void>;
}

/** What is used of the library: `import * as ort from "onnxruntime-web"`. */
export interface OnnxLibrary {
  /** The class of tensors. */
  readonly Tensor: { readonly prototype: OnnxTensor };
  /** Makes sessions. */
  readonly InferenceSession: { create(model: Uint8Array): Promise<OnnxSession> };
}

/** A value of the library that has an owner. */
export type OnnxValue = OnnxTensor | OnnxSession;

const BYTES: Readonly<Record<string, number>> = {
  float64: 8,
  int64: 8,
  uint64: 8,
  float32: 4,
  int32: 4,
  uint32: 4,
  float16: 2,
  int16: 2,
  uint16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
  int4: 0.5,
  uint4: 0.5,
};

/**
 * The adapter for onnxruntime's sessions and tensors.
 *
 * @param ort - the library, as imported.
 */
export function onnxTensors(ort: OnnxLibrary): Adapter<OnnxValue> {
  const sessionPrototype: unknown = Reflect.get(ort.InferenceSession, "prototype");
  if (typeof sessionPrototype !== "object" || sessionPrototype === null)
    throw new TypeError("InferenceSession is no class: this version is not known");
  const isTensor = (candidate: unknown): candidate is OnnxTensor =>
    Object.prototype.isPrototypeOf.call(ort.Tensor.prototype, candidate as object);
  const isSession = (candidate: unknown): candidate is OnnxSession =>
    Object.prototype.isPrototypeOf.call(sessionPrototype, candidate as object);
  const releasedSessions = new WeakSet<OnnxSession>();

  const observe = (events: ValueEvents<OnnxValue>): Disposable => {
    // Values made before, or with `new`, were not counted when they came.
    const counted = new WeakSet<object>();
    const came = (value: OnnxValue): void => {
      if (counted.has(value)) return;
      counted.add(value);
      events.created(value);
    };
    const went = (value: OnnxValue): void => {
      if (counted.delete(value)) events.released(value);
    };
    return together([
      shadow(
        ort.InferenceSession,
        "create",
        (original) =>
          async function (this: unknown, ...args) {
            const session: unknown = await Reflect.apply(original, this, args);
            if (isSession(session)) came(session);
            return session;
          },
      ),
      shadow(
        sessionPrototype,
        "run",
        (original) =>
          async function (this: unknown, ...args) {
            if (isSession(this) && releasedSessions.has(this)) assertUnreleased(this, "used");
            const outputs: unknown = await Reflect.apply(original, this, args);
            // A tensor that was handed in to be filled has an owner already.
            const given = new Set<unknown>(args.flatMap((arg) => Object.values(arg ?? {})));
            for (const output of Object.values(outputs as object))
              if (isTensor(output) && !given.has(output)) came(output);
            return outputs;
          },
      ),
      shadow(
        sessionPrototype,
        "release",
        (original) =>
          async function (this: unknown) {
            if (!isSession(this)) return Reflect.apply(original, this, []);
            if (releasedSessions.has(this)) assertUnreleased(this, "released again");
            releasedSessions.add(this);
            try {
              await Reflect.apply(original, this, []);
            } catch (error) {
              releasedSessions.delete(this);
              throw error;
            }
            went(this);
          },
      ),
      shadow(
        ort.Tensor.prototype,
        "dispose",
        (original) =>
          function (this: unknown) {
            if (isTensor(this) && this.location === "none") assertUnreleased(this, "released again");
            Reflect.apply(original, this, []);
            if (isTensor(this)) went(this);
          },
      ),
    ]);
  };

  return {
    name: "onnxruntime",
    isValue: (candidate): candidate is OnnxValue => isTensor(candidate) || isSession(candidate),
    alive: (value) => (isTensor(value) ? value.location !== "none" : !releasedSessions.has(value)),
    release(value) {
      if (isTensor(value)) return value.dispose();
      return value.release().then(() => void releasedSessions.add(value));
    },
    bytes(value) {
      const each = isTensor(value) ? BYTES[value.type] : undefined;
      return each === undefined || !isTensor(value) ? undefined : Math.ceil(value.size * each);
    },
    onCreate: observe,
  };
}
