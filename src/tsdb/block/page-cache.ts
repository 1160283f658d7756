/** One cached page; `used` saves it once when it is the oldest. */
interface CacheEntry {
  readonly bytes: number;
  used: boolean;
  drop(): void;
}

/** Memory that the caches of all open blocks may use together. What has not been used lately goes first. */
export class CacheBudget {
  readonly #bytesMax: number;
  #bytes = 0;
  #queue: CacheEntry[] = [];
  #head = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Bytes in use, by the sizes given to `PageCache.put`. */
  get bytes(): number {
    return this.#bytes;
  }

  /** For PageCache only. */
  add(entry: CacheEntry): void {
    this.#bytes += entry.bytes;
    this.#queue.push(entry);
    while (this.#bytes > this.#bytesMax && this.#head < this.#queue.length) {
      const oldest = this.#queue[this.#head++]!;
      if (oldest.used) {
        oldest.used = false;
        this.#queue.push(oldest);
      } else {
        oldest.drop();
        this.#bytes -= oldest.bytes;
      }
      if (this.#head > 1024 && this.#head * 2 > this.#queue.length) {
        this.#queue = this.#queue.slice(this.#head);
        this.#head = 0;
      }
    }
  }
}

/** Parsed pages of one kind of one block, by number. */
export class PageCache<Page> {
  readonly #budget: CacheBudget;
  readonly #entries = new Map<number, CacheEntry & { readonly page: Page }>();

  constructor(budget: CacheBudget) {
    this.#budget = budget;
  }

  get(number: number): Page | undefined {
    const entry = this.#entries.get(number);
    if (entry === undefined) return undefined;
    entry.used = true;
    return entry.page;
  }

  put(number: number, page: Page, bytes: number): void {
    const entries = this.#entries;
    const entry = { page, bytes, used: false, drop: () => entries.delete(number) };
    entries.set(number, entry);
    this.#budget.add(entry);
  }

  /** Lets go of all pages; their share of the budget returns as they come up for eviction. */
  clear(): void {
    this.#entries.clear();
  }
}
