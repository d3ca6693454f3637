/**
 * The listening sockets of the instances, kept open by the supervisor: an instance that starts inherits
 * them, one that ends closes only its own copies, and connections that wait in the kernel's queue belong to
 * neither. So none is refused or reset between two instances, nor while a crashed one is started again.
 */
import type { InheritedSocket } from "../base/supervision.ts";

/** First descriptor behind stdin, stdout, stderr and the channel. */
const FIRST_DESCRIPTOR = 4;

/** A libuv handle as Node delivers it. */
export interface ListeningHandle {
  /** In this process. */
  readonly fd: number;
  close(): void;
}

/** True for what Node delivers beside a message that carries a socket. */
export function isListeningHandle(value: unknown): value is ListeningHandle {
  return typeof value === "object" && value !== null && "fd" in value && typeof value.fd === "number" && value.fd >= 0;
}

/** Keeps sockets by what programs ask for. */
export class SharedSockets implements Disposable {
  readonly #open: { readonly key: string; readonly handle: ListeningHandle }[] = [];

  /** What programs ask for, such as `:8080`. */
  get keys(): readonly string[] {
    return this.#open.map(({ key }) => key);
  }

  /** Keeps a socket that an instance has opened. */
  add(key: string, handle: ListeningHandle): void {
    this.#open.push({ key, handle });
  }

  /** Lets one go, whose server the program has closed itself. */
  remove(key: string): void {
    const index = this.#open.findIndex((one) => one.key === key);
    if (index >= 0) this.#open.splice(index, 1)[0]?.handle.close();
  }

  /** Descriptors of this process, to be inherited in this order behind the channel. */
  descriptors(): number[] {
    return this.#open.map(({ handle }) => handle.fd);
  }

  /** What the instance is told of them. */
  inherited(): InheritedSocket[] {
    return this.#open.map(({ key }, index) => ({ key, fd: FIRST_DESCRIPTOR + index }));
  }

  /** Closes all of them. */
  [Symbol.dispose](): void {
    for (const { handle } of this.#open.splice(0)) handle.close();
  }
}
