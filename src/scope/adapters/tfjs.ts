/**
 * Tensors of `@tensorflow/tfjs-core`. Its engine is told of each tensor that comes and goes; the calls are watched on that one
 * object and its classes stay as they are, but for the message of a tensor that is used after its end. Its own `tidy` may be
 * used inside and around scopes. As with `tidy`, variables and tensors given to `tf.keep` belong to nobody.
 */
import type { Adapter, ValueEvents } from "../adapter.ts";
import { adapterOf } from "../adoption.ts";
import { currentFrame, type Frame, runIn } from "../frame.ts";
import { assertUnreleased } from "../released.ts";
import { shadow, together } from "./shadow.ts";

/** What is used of a tensor. */
export interface TfjsTensor {
  /** True once it was disposed. */
  readonly isDisposed: boolean;
  /** Elements. */
  readonly size: number;
  /** `float32`, `int32`, `bool`, `complex64` or `string`. */
  readonly dtype: string;
  /** Another tensor on the same memory; it goes when the last one does. */
  clone(): TfjsTensor;
  /** Gives it up. */
  dispose(): void;
}

/** What is used of the library: `import * as tf from "@tensorflow/tfjs-core"`. */
export interface TfjsLibrary {
  /** What all tensors are told to. */
  engine(): { readonly state: TfjsState };
  /** The class of tensors. */
  readonly Tensor: { readonly prototype: TfjsTensor };
  /** The class of variables. */
  readonly Variable: { readonly prototype: TfjsTensor };
}

/** What is used of the engine's figures. */
export interface TfjsState {
  /** Bytes of all tensors. */
  readonly numBytes: number;
  /** Allocations behind them. */
  readonly numDataBuffers: number;
  /** Gradients being computed. */
  readonly gradientDepth: number;
  /** Operations being carried out. */
  readonly kernelDepth: number;
}

const BYTES: Readonly<Record<string, number>> = { float32: 4, int32: 4, bool: 1, complex64: 8 };

/**
 * The adapter for tfjs tensors.
 *
 * @param tf - the library, as imported.
 */
export function tfjsTensors(tf: TfjsLibrary): Adapter<TfjsTensor> {
  // Not instanceof: the library's own test reads properties, whose getters may throw.
  const isTensor = (candidate: unknown): candidate is TfjsTensor =>
    Object.prototype.isPrototypeOf.call(tf.Tensor.prototype, candidate as object);
  const isVariable = (tensor: object): boolean => Object.prototype.isPrototypeOf.call(tf.Variable.prototype, tensor);
  // The engine is told before the tensor itself knows.
  let going: object | undefined;

  const gone = (tensor: TfjsTensor, events: ValueEvents<TfjsTensor>): void => {
    if (tensor.isDisposed) return;
    going = tensor;
    try {
      events.released(tensor);
    } finally {
      going = undefined;
    }
  };

  const observe = (events: ValueEvents<TfjsTensor>): Disposable => {
    const engine = tf.engine();
    let tapeFrame: Frame | undefined;
    return together([
      shadow(engine, "trackTensor", (original) => (...args) => {
        Reflect.apply(original, engine, args);
        const [tensor] = args;
        if (isTensor(tensor) && !isVariable(tensor)) events.created(tensor);
      }),
      shadow(engine, "disposeTensor", (original) => (...args) => {
        Reflect.apply(original, engine, args);
        const [tensor] = args;
        if (isTensor(tensor) && !isVariable(tensor)) gone(tensor, events);
      }),
      // A variable takes and gives up memory with each assign: only its own beginning and end count. An optimizer makes its
      // own at its first step, wherever that is.
      shadow(engine, "makeVariable", (original) => (...args) => {
        const variable = Reflect.apply(original, engine, args);
        if (isTensor(variable)) runIn(undefined, () => events.created(variable));
        return variable;
      }),
      shadow(engine, "disposeVariable", (original) => (...args) => {
        Reflect.apply(original, engine, args);
        const [variable] = args;
        if (isTensor(variable)) gone(variable, events);
      }),
      shadow(engine, "startTape", (original) => () => {
        if (engine.state.gradientDepth === 0) tapeFrame = currentFrame();
        return Reflect.apply(original, engine, []);
      }),
      shadow(engine, "keep", (original) => (...args) => {
        const kept = Reflect.apply(original, engine, args);
        if (!isTensor(kept)) return kept;
        for (let owner = currentFrame(); owner; owner = owner.parent) if (owner.disown(kept)) break;
        // What an operation saves for the way back belongs to the scope around the gradient: it must outlive the scopes
        // inside of it, and go when the body throws, which the library alone would not see to.
        const isSaved = engine.state.gradientDepth > 0 && engine.state.kernelDepth > 0;
        const adapter = isSaved && adapterOf(kept);
        if (adapter && tapeFrame?.isOpen) tapeFrame.own(kept, adapter);
        return kept;
      }),
      shadow(engine, "runKernel", (original) => (...args) => {
        const [, inputs] = args;
        for (const input of Object.values(inputs ?? {}).flat())
          if (isTensor(input) && input.isDisposed) assertUnreleased(input, "used");
        return Reflect.apply(original, engine, args);
      }),
      shadow(
        tf.Tensor.prototype,
        "throwIfDisposed",
        (original) =>
          function (this: unknown) {
            if (isTensor(this) && this.isDisposed) assertUnreleased(this, "used");
            return Reflect.apply(original, this, []);
          },
      ),
    ]);
  };

  return {
    name: "tfjs",
    isValue: isTensor,
    alive: (tensor) => tensor !== going && !tensor.isDisposed,
    clone: (tensor) => tensor.clone(),
    release: (tensor) => tensor.dispose(),
    bytes(tensor) {
      const each = BYTES[tensor.dtype];
      return each === undefined ? undefined : tensor.size * each;
    },
    gauges() {
      const { numDataBuffers, numBytes } = tf.engine().state;
      return { slots: numDataBuffers, memoryBytes: numBytes };
    },
    onCreate: observe,
  };
}
