/**
 * What a host tells about its memory. Each has its own way: Node counts its heap, a browser may not say.
 */

/** Bytes of the process or page, as its engine counts them; `undefined` for what the host does not say. */
export interface HostMemory {
  /** In use by objects, garbage that was not collected yet included. */
  readonly heapUsed: number | undefined;
  /** Reserved for objects. */
  readonly heapTotal: number | undefined;
  /** Outside of the heap, and accounted to it. */
  readonly external: number | undefined;
}

/** Access to a host's memory. */
export interface MemoryHost {
  /** The figures of this moment. */
  sample(): HostMemory;
  /** Collects garbage now; absent where a program cannot. */
  readonly collect?: () => void;
}

/** For hosts that say nothing. */
export const SILENT_HOST: MemoryHost = {
  sample: () => ({ heapUsed: undefined, heapTotal: undefined, external: undefined }),
};
