/**
 * Answers to what is asked of few programs only: glibc's account, experiments, captures. Loaded with the
 * first such request. Whatever goes wrong is the answer; the program hears nothing of it.
 */
import type { AllocatorRecord, PreloadMessage, WatcherRequest } from "../base/wire.ts" with {
  "resolution-mode": "import",
};
import type { Collections } from "./collections.cts";
import type { experiment as Experiment } from "./experiments.cts";
import type { Glibc as GlibcClass } from "./glibc.cts";
import type { capture as Capture } from "./heap-capture.cts";

type Request<T> = Extract<WatcherRequest, { type: T }>;

class Seldom {
  readonly #send: (message: PreloadMessage) => void;
  #glibc: GlibcClass | undefined;

  constructor(send: (message: PreloadMessage) => void) {
    this.#send = send;
  }

  /** @param collections - absent where none are heard. */
  answer(
    request: Request<"allocator"> | Request<"experiment"> | Request<"capture">,
    collections: Collections | undefined,
  ): void {
    if (request.type === "allocator") this.#tellAllocator(request.koffi);
    else if (request.type === "experiment") this.#tryOut(request, collections);
    else this.#look(request);
  }

  #tellAllocator(koffiPath: string): void {
    let account: AllocatorRecord | undefined;
    let reason: string | undefined;
    try {
      account = this.#callGlibc(koffiPath).account();
    } catch (error) {
      reason = describe(error);
    }
    const loaded = this.#glibc?.loaded;
    this.#send({ type: "allocator", timeMs: Date.now(), account, reason, loaded });
    if (this.#glibc !== undefined) this.#glibc.loaded = undefined;
  }

  #tryOut({ id, name, koffi }: Request<"experiment">, collections: Collections | undefined): void {
    const tell = (outcome: object): void =>
      this.#send({ type: "experiment", id, name, timeMs: Date.now(), pauseMs: 0, ...outcome });
    try {
      if (collections === undefined) throw new Error("collections are not heard in this thread");
      const { experiment } = require("./experiments.cjs") as { experiment: typeof Experiment };
      experiment(name, collections, () => this.#callGlibc(koffi), tell);
      collections.start();
    } catch (error) {
      tell({ reason: describe(error) });
    }
  }

  #look(request: Request<"capture">): void {
    const began = process.hrtime();
    let outcome: object;
    try {
      const { capture } = require("./heap-capture.cjs") as { capture: typeof Capture };
      outcome = capture(request);
    } catch (error) {
      outcome = { reason: describe(error) };
    }
    const [seconds, nanoseconds] = process.hrtime(began);
    const pauseMs = seconds * 1000 + nanoseconds / 1e6;
    this.#send({ type: "capture", id: request.id, timeMs: Date.now(), pauseMs, ...outcome });
  }

  #callGlibc(koffiPath: string | undefined): GlibcClass {
    if (this.#glibc !== undefined) return this.#glibc;
    if (koffiPath === undefined) throw new Error("the optional package koffi, which calls glibc, is not installed");
    const { Glibc } = require("./glibc.cjs") as { Glibc: typeof GlibcClass };
    return (this.#glibc = new Glibc(koffiPath));
  }
}

function describe(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 400);
}

export type { Seldom };
module.exports = { Seldom };
