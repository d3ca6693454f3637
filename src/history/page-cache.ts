/**
 * Pages that were read, bounded in bytes: it takes what the budget has to spare and gives it back when somebody
 * else needs it. Those used longest ago go first, as nearly as a second chance for each that was used since can tell;
 * keeping them in exact order would cost more than reading them.
 */
import type { ByteBudget, ByteLease } from "../base/byte-budget.ts";
import type { Page } from "./page.ts";

/** What an entry takes beside its bytes: the map's entry, the page and its buffer; estimated. */
const ENTRY_BYTES = 400;

/** Of the pages of a scan, those that get in where others must go for them. */
const SCAN_SHARE = 1 / 8;

/** Pages by their position. */
export class PageCache {
  readonly #pages = new Map<number, Page>();
  readonly #lease: ByteLease;
  #bytes = 0;

  constructor(budget: ByteBudget) {
    this.#lease = budget.register({ name: "history pages", shrink: (bytes) => this.shrink(bytes) });
  }

  /** Bytes held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** A page, without using it. */
  peek(position: number): Page | undefined {
    return this.#pages.get(position);
  }

  get(position: number): Page | undefined {
    const page = this.#pages.get(position);
    if (!page) return undefined;
    page.isUsed = true;
    // Who is asked for again keeps what it has decoded.
    if (!page.keepsCells && this.#reserve(page.cellBytes)) {
      if (this.#pages.has(position)) page.keepsCells = true;
      else this.#bytes -= page.cellBytes;
    }
    return page;
  }

  /**
   * Keeps a page.
   *
   * @param isScan - true for one of very many that are read once: where room must be made, few of them get in, so
   * that a scan does not push out what others use, and what is used by each scan gets in sooner or later.
   */
  set(position: number, page: Page, isScan = false): void {
    if (this.#pages.has(position)) return;
    const mayPushOut = !isScan || Math.random() < SCAN_SHARE;
    if (this.#reserve(page.bytes.length + ENTRY_BYTES, mayPushOut)) this.#pages.set(position, page);
  }

  /** Drops the pages used longest ago. Returns the bytes given back. */
  shrink(bytes: number): number {
    let freed = 0;
    // A page that was used since the last time goes to the end, where this comes to it again.
    for (const [position, page] of this.#pages) {
      if (freed >= bytes) break;
      this.#pages.delete(position);
      if (page.isUsed) {
        page.isUsed = false;
        this.#pages.set(position, page);
      } else {
        freed += bytesOf(page);
      }
    }
    this.#bytes -= freed;
    this.#lease.tryResize(this.#bytes);
    return freed;
  }

  /** Forgets everything, and gives its share of the budget back. */
  release(): void {
    this.#pages.clear();
    this.#bytes = 0;
    this.#lease.release();
  }

  /** Makes room for so many bytes more. */
  #reserve(bytes: number, mayPushOut = true): boolean {
    if (!this.#lease.tryResize(this.#bytes + bytes)) {
      if (!mayPushOut) return false;
      // Some more than is needed, so that a full cache is not gone through for each page.
      this.shrink(bytes + (this.#bytes >> 5));
      if (!this.#lease.tryResize(this.#bytes + bytes)) return false;
    }
    this.#bytes += bytes;
    return true;
  }
}

function bytesOf(page: Page): number {
  return page.bytes.length + ENTRY_BYTES + (page.keepsCells ? page.cellBytes : 0);
}
