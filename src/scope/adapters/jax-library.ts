/**
 * What the adapter uses of jax-js, by shape: the library is an optional peer.
 */

/** What is used of an array. */
export interface JaxArray {
  /** Adds a reference and gives the array. */
  readonly ref: this;
  /** References held; 0 when the memory is freed. */
  readonly refCount: number;
  /** Elements. */
  readonly size: number;
  /** Where it lies: `wasm`, `cpu`, `webgpu`. */
  readonly device?: string;
  /** `float32`, `int32`, `bool` and so on. */
  readonly dtype: string;
  /** Gives one reference up. */
  dispose(): void;
}

/** What is used of the library: `import * as jax from "@jax-js/jax"`. */
export interface JaxLibrary {
  /** The class of arrays. */
  readonly Array: { readonly prototype: JaxArray };
  /** Makes arrays. Default: slots are not counted. */
  readonly numpy?: { array(values: number[]): JaxArray };
  /** Moves an array to a device. Default: slots are not counted. */
  devicePut?(array: JaxArray, device: string | undefined): Promise<unknown>;
}
