/** Loads the WebAssembly functions of `wasm/` over a memory of the right size. */
import { readFileSync } from "node:fs";
import { planMemory, type MemoryPlan } from "./memory-plan.ts";

/** The functions of `wasm/snapshot.ts`; all parameters are addresses or counts. */
export interface SnapshotFunctions {
  /** See `wasm/parse.ts`. */
  readonly parseNodes: (...numbers: number[]) => number;
  /** See `wasm/parse.ts`. */
  readonly parseEdgesForward: (...numbers: number[]) => void;
  /** See `wasm/parse.ts`. */
  readonly parseEdgesBackward: (...numbers: number[]) => void;
  /** See `wasm/parse.ts`. */
  readonly scanStrings: (...numbers: number[]) => number;
  /** See `wasm/paths.ts`. */
  readonly searchBreadthFirst: (...numbers: number[]) => number;
  /** See `wasm/dominators.ts`. */
  readonly numberDepthFirst: (...numbers: number[]) => number;
  /** See `wasm/dominators.ts`. */
  readonly countPredecessors: (...numbers: number[]) => void;
  /** See `wasm/dominators.ts`. */
  readonly sumPredecessors: (...numbers: number[]) => number;
  /** See `wasm/dominators.ts`. */
  readonly fillPredecessors: (...numbers: number[]) => void;
  /** See `wasm/dominators.ts`. */
  readonly beginDominators: (...numbers: number[]) => void;
  /** See `wasm/dominators.ts`. */
  readonly findSemidominators: (...numbers: number[]) => void;
  /** See `wasm/dominators.ts`. */
  readonly findDominators: (...numbers: number[]) => void;
  /** See `wasm/dominators.ts`. */
  readonly sumRetained: (...numbers: number[]) => void;
}

/** A memory with its plan and the functions that work in it. */
export interface Workspace {
  /** Where what lies. */
  readonly plan: MemoryPlan;
  /** Compiled from wasm/, and the memory, for another thread. */
  readonly module: object;
  /** See {@link Workspace.module}. */
  readonly memory: object;
  /** The memory's bytes. */
  readonly buffer: SharedArrayBuffer;
  /** What works in it. */
  readonly functions: SnapshotFunctions;
}

/** The part of the global that is used; its types come with browsers, not with Node. */
interface WebAssemblyNamespace {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Memory: new (size: { initial: number; maximum: number; shared: true }) => {
    readonly buffer: SharedArrayBuffer;
  };
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

const { WebAssembly: wasm } = globalThis as unknown as { WebAssembly: WebAssemblyNamespace };
let compiled: object | undefined;

/** Makes a workspace for so many nodes and edges. */
export function openWorkspace(nodeCount: number, edgeCount: number): Workspace {
  const plan = planMemory(nodeCount, edgeCount);
  compiled ??= new wasm.Module(readFileSync(new URL("./snapshot.wasm", import.meta.url)));
  const memory = new wasm.Memory({ initial: plan.pages, maximum: plan.pages, shared: true });
  const { exports } = new wasm.Instance(compiled, { env: { memory } });
  // The module is built from wasm/snapshot.ts, which exports these.
  return { plan, module: compiled, memory, buffer: memory.buffer, functions: exports as SnapshotFunctions };
}

/** Numbers of 32 bits in a workspace. */
export function numbersAt(workspace: Workspace, at: number, count: number): Uint32Array {
  return new Uint32Array(workspace.buffer, at, count);
}

/** Bytes in a workspace. */
export function bytesAt(workspace: Workspace, at: number, count: number): Uint8Array {
  return new Uint8Array(workspace.buffer, at, count);
}
