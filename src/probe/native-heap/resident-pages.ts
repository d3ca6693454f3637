/**
 * Which pages of an address space are in memory, from `/proc/<pid>/pagemap`: eight bytes a page. Only pages that
 * belong to this process alone count, which leaves out the kernel's shared page of zeros (reading untouched memory maps it)
 * and pages shared with a fork. Source: kernel documentation, admin-guide/mm/pagemap.rst.
 */
import { closeSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import type { SystemFilesOptions } from "../system-files.ts";

const PAGE_BYTES = 4096;
const WINDOW_PAGES = 8192;
/** Bits 63 and 56, in the high half of an entry. */
const PRESENT = 0x8000_0000;
const EXCLUSIVE = 0x0100_0000;

/** Counts resident pages of one process. Holds a file descriptor until disposed. */
export class ResidentPages implements Disposable {
  readonly #descriptor: number;
  readonly #bytes = new Uint8Array(WINDOW_PAGES * 8);
  readonly #halves = new Uint32Array(this.#bytes.buffer);
  #firstPage = 0;
  #pageCount = 0;

  private constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /** Opens the process; `undefined` where the kernel does not let this user see its pages. */
  static open(pid: number, options: SystemFilesOptions = {}): ResidentPages | undefined {
    try {
      return new ResidentPages(openSync(join(options.root ?? "/", `proc/${pid}/pagemap`), "r"));
    } catch {
      return undefined;
    }
  }

  /** Bytes of the pages that lie wholly between two addresses and are in memory. */
  count(start: number, end: number): number {
    const last = Math.floor(end / PAGE_BYTES);
    let bytes = 0;
    for (let page = Math.ceil(start / PAGE_BYTES); page < last; page += 1)
      if (this.#isResident(page)) bytes += PAGE_BYTES;
    return bytes;
  }

  /** Whether the page at an address is in memory. */
  isResident(address: number): boolean {
    return this.#isResident(Math.floor(address / PAGE_BYTES));
  }

  #isResident(page: number): boolean {
    if (page < this.#firstPage || page >= this.#firstPage + this.#pageCount) this.#fill(page);
    const flags = this.#halves[(page - this.#firstPage) * 2 + 1] ?? 0;
    return this.#pageCount > 0 && (flags & PRESENT) !== 0 && (flags & EXCLUSIVE) !== 0;
  }

  #fill(page: number): void {
    this.#firstPage = page;
    try {
      this.#pageCount = Math.floor(readSync(this.#descriptor, this.#bytes, 0, this.#bytes.length, page * 8) / 8);
    } catch {
      this.#pageCount = 0;
    }
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
  }
}
