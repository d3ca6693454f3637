/**
 * Arrays of `@jax-js/jax`: counted references with move semantics, which nothing collects. The library stays as it
 * is: one class is put between `Array` and its parent, so that every construction is seen (a derived class
 * looks its parent up at each `super()`), and `ref` and `dispose` report.
 */
import type { Adapter, ValueEvents } from "../adapter.ts";
import type { WebAssemblyCount } from "../count-web-assembly.ts";
import { lend } from "../lend.ts";
import { assertUnreleased } from "../released.ts";
import type { JaxArray, JaxLibrary } from "./jax-library.ts";
import { countSlots, type SlotCount } from "./jax-slots.ts";

/** What an adapter of jax-js counts besides arrays. */
export interface JaxOptions {
  /**
   * What {@link countWebAssembly} gave before the library was loaded. With it, modules, memory and slots are counted, which `ledger.explain`
   * needs to tell causes of growth apart; a slot costs about 0.1 us then. Default: arrays alone are counted.
   */
  readonly webAssembly?: Pick<WebAssemblyCount, "modules" | "memoryBytes">;
}

/** Owns jax-js arrays. */
export interface JaxAdapter extends Adapter<JaxArray> {
  /**
   * Makes a compiled function usable in scopes: the constants that its first call captures are its own, and
   * what it returns belongs to the calling scope.
   *
   * @param compiled - of `jax.jit(f)`; `grad` and the like of a compiled function count too.
   */
  jit<F extends (...args: never[]) => unknown>(compiled: F): F;
}

const BYTES: Readonly<Record<string, number>> = { float64: 8, float32: 4, int32: 4, uint32: 4, float16: 2, bool: 4 };

/**
 * The adapter for jax-js arrays.
 *
 * @param jax - the library, as imported.
 */
export function jaxArrays(jax: JaxLibrary, { webAssembly }: JaxOptions = {}): JaxAdapter {
  const { Array: JaxArrayClass } = jax;
  let slots: SlotCount | undefined;
  const isArray = (candidate: object): candidate is JaxArray =>
    Object.prototype.isPrototypeOf.call(JaxArrayClass.prototype, candidate);
  return {
    name: "jax-js",
    isValue: isArray,
    alive: (array) => array.refCount > 0,
    references: (array) => array.refCount,
    retain: (array) => void array.ref,
    release: (array) => array.dispose(),
    bytes: (array) => array.size * (BYTES[array.dtype] ?? 4),
    gauges: () => {
      if (!webAssembly) return {};
      // The backend is there only after the library was initialised: it is looked for when somebody asks.
      slots ??= countSlots(jax);
      const { modules, memoryBytes } = webAssembly;
      return { modules, memoryBytes, ...(slots && { slots: slots.live }) };
    },
    onCreate: (events) => {
      const observing = observe(JaxArrayClass, events);
      return {
        [Symbol.dispose]() {
          observing[Symbol.dispose]();
          slots?.[Symbol.dispose]();
          slots = undefined;
        },
      };
    },
    jit: (compiled) => borrowCompiled(compiled),
  };
}

function borrowCompiled<F extends (...args: never[]) => unknown>(compiled: F): F {
  // A proxy keeps what else the function has: its own dispose, its name.
  return new Proxy(compiled, {
    apply: (target, self, args: Parameters<F>) => lend(() => Reflect.apply(target, self, args)),
  });
}

/** Puts a class between the arrays and their parent, and takes it out again. */
function observe(arrayClass: JaxLibrary["Array"], events: ValueEvents<JaxArray>): Disposable {
  const parent: unknown = Object.getPrototypeOf(arrayClass);
  if (typeof parent !== "function") throw new TypeError("jax.Array has no parent class: this version is not known");
  const Parent = parent as new (...args: unknown[]) => JaxArray;
  class Observed extends Parent {
    constructor(...args: unknown[]) {
      super(...args);
      events.created(this);
    }
  }
  const { prototype } = arrayClass;
  const ref = Object.getOwnPropertyDescriptor(prototype, "ref");
  const dispose = Object.getOwnPropertyDescriptor(prototype, "dispose");
  if (!ref?.get || typeof dispose?.value !== "function")
    throw new TypeError("jax.Array has no ref or dispose of its own: this version is not known");
  const retain = ref.get;
  const release = dispose.value as () => void;
  Object.setPrototypeOf(arrayClass, Observed);
  Object.defineProperty(prototype, "ref", {
    ...ref,
    get(this: JaxArray) {
      if (this.refCount <= 0) assertUnreleased(this, "used");
      const array: unknown = Reflect.apply(retain, this, []);
      events.retained(this);
      return array;
    },
  });
  Object.defineProperty(prototype, "dispose", {
    ...dispose,
    value(this: JaxArray) {
      if (this.refCount <= 0) assertUnreleased(this, "released again");
      Reflect.apply(release, this, []);
      events.released(this);
    },
  });
  return {
    [Symbol.dispose]() {
      Object.setPrototypeOf(arrayClass, Parent);
      Object.defineProperty(prototype, "ref", ref);
      Object.defineProperty(prototype, "dispose", dispose);
    },
  };
}
