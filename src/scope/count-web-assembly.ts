/**
 * Counts WebAssembly modules and memories of this thread. A library that compiles a kernel for every new constant, or takes memory
 * that it never gives back, shows it in these figures alone. The constructors are wrapped: what they make stays genuine.
 * Modules are counted without holding them; of a memory a WeakRef is kept, since a library has few.
 */

/** Figures of WebAssembly since the counting began. */
export interface WebAssemblyCount extends Disposable {
  /** Modules that are alive. Falls some time after a module was collected. */
  readonly modules: number;
  /** Bytes of the memories that are alive; a memory never shrinks. */
  readonly memoryBytes: number;
}

/** A memory, as far as it is read here. */
interface Memory {
  readonly buffer: { readonly byteLength: number };
}

type Constructor = abstract new (...args: never[]) => object;

/** The part of WebAssembly that is wrapped. Node's types leave it out where there is no browser. */
interface Engine {
  readonly Module: Constructor;
  readonly Memory: abstract new (...args: never[]) => Memory;
  readonly Instance: abstract new (...args: never[]) => { readonly exports: object };
}

/** Notes what one of WebAssembly's functions has made. */
type Note = (made: unknown) => void;

/**
 * Counts from now on, so it is called before the library is loaded. Costs some microseconds a module. A memory that a module defines
 * itself is counted where it comes from `WebAssembly.instantiate`, not from `new WebAssembly.Instance`.
 *
 * @returns the figures; counting ends when disposed, and WebAssembly is as it was.
 */
export function countWebAssembly(): WebAssemblyCount {
  let modules = 0;
  const collected = new FinalizationRegistry(() => modules--);
  const memories = new Set<WeakRef<Memory>>();
  const engine = (globalThis as unknown as { WebAssembly: Engine }).WebAssembly;
  const original = Object.getOwnPropertyDescriptors(engine);
  const { Module, Memory, Instance } = engine;
  const noteModule: Note = (made) => {
    if (!(made instanceof Module)) return;
    modules++;
    collected.register(made, undefined);
  };
  const noteMemory: Note = (made) => {
    if (made instanceof Memory) memories.add(new WeakRef(made));
  };
  const noteExports: Note = (instance) => {
    if (instance instanceof Instance) for (const value of Object.values(instance.exports)) noteMemory(value);
  };
  const noteSource: Note = (made) => {
    // Of bytes both come back, of a module only its instance.
    if (typeof made === "object" && made !== null && "module" in made) noteModule(made.module);
    noteExports(typeof made === "object" && made !== null && "instance" in made ? made.instance : made);
  };
  replace(engine, "Module", (real) => construct(real, noteModule));
  replace(engine, "Memory", (real) => construct(real, noteMemory));
  replace(engine, "compile", (real) => later(real, noteModule));
  replace(engine, "compileStreaming", (real) => later(real, noteModule));
  replace(engine, "instantiate", (real) => later(real, noteSource));
  replace(engine, "instantiateStreaming", (real) => later(real, noteSource));
  return {
    get modules() {
      return modules;
    },
    get memoryBytes() {
      let bytes = 0;
      for (const reference of memories) {
        const memory = reference.deref();
        if (memory) bytes += memory.buffer.byteLength;
        else memories.delete(reference);
      }
      return bytes;
    },
    [Symbol.dispose]() {
      Object.defineProperties(engine, original);
    },
  };
}

/** Puts something in the place of one of WebAssembly's functions, where this runtime has it. */
function replace(engine: Engine, name: string, wrap: (real: (...args: unknown[]) => unknown) => unknown): void {
  const descriptor = Object.getOwnPropertyDescriptor(engine, name);
  if (typeof descriptor?.value !== "function") return;
  Object.defineProperty(engine, name, { ...descriptor, value: wrap(descriptor.value as () => unknown) });
}

function construct(real: (...args: unknown[]) => unknown, note: Note): unknown {
  const proxy: unknown = new Proxy(real, {
    construct(target, args, newTarget) {
      const made: unknown = Reflect.construct(target, args, newTarget === proxy ? target : newTarget);
      note(made);
      return made as object;
    },
  });
  return proxy;
}

function later(real: (...args: unknown[]) => unknown, note: Note): unknown {
  return new Proxy(real, {
    async apply(target, self, args) {
      const made: unknown = await Reflect.apply(target, self, args);
      note(made);
      return made;
    },
  });
}
