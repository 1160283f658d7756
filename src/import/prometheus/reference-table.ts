const NONE = -1;
// Prometheus counts references up, so a table is small and fast as long as few have gone.
const TABLE_MAX = 2 ** 27;

/** Numbers of series by their reference in a log. */
export class ReferenceTable {
  #table = new Int32Array(1024).fill(NONE);
  readonly #beyond = new Map<number, number>();

  /** The number, or -1. */
  get(reference: number): number {
    if (reference < this.#table.length) return this.#table[reference]!;
    return this.#beyond.get(reference) ?? NONE;
  }

  set(reference: number, number: number): void {
    if (reference >= TABLE_MAX) {
      this.#beyond.set(reference, number);
      return;
    }
    if (reference >= this.#table.length) {
      const table = new Int32Array(Math.min(TABLE_MAX, 2 ** Math.ceil(Math.log2(reference + 1)))).fill(NONE);
      table.set(this.#table);
      this.#table = table;
    }
    this.#table[reference] = number;
  }
}
