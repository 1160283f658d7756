import { bitsOf } from "../model/index.ts";

/**
 * Working space for putting a row together, shared by all targets, since a row is appended before the next one is
 * begun.
 */
export class RowScratch {
  /** The row; element `c` for column `c`. */
  values: Float64Array = new Float64Array(256);
  /** Its 32-bit view. */
  bits: Uint32Array = bitsOf(this.values);
  #marks = new Uint32Array(256);
  #mark = 0;

  /** Makes room for `columns` columns; contents are undefined. */
  reserve(columns: number): void {
    if (columns <= this.values.length) return;
    this.values = new Float64Array(2 * columns);
    this.bits = bitsOf(this.values);
    this.#marks = new Uint32Array(2 * columns);
    this.#mark = 0;
  }

  /** Columns that are in `before` and not in `now`, negative entries aside. Needs room for all of them. */
  missing(before: Int32Array, now: Int32Array): number[] {
    const marks = this.#marks;
    this.#mark++;
    for (let i = 0; i < now.length; i++) if (now[i]! >= 0) marks[now[i]!] = this.#mark;
    const gone: number[] = [];
    for (let i = 0; i < before.length; i++) {
      const column = before[i]!;
      if (column < 0 || marks[column] === this.#mark) continue;
      marks[column] = this.#mark;
      gone.push(column);
    }
    return gone;
  }
}
