// Moving values between rows and columns. Values travel as pairs of 32-bit words, because a NaN's payload
// does not survive every way a number can take. A cell `i` of a view of words is words 2i (low) and 2i + 1.

import { isAbsentAt } from "../../model/index.ts";

/**
 * Copies cells `[from, from + count)` of `row` to `tile` from cell `at` on. Returns how many of them hold a
 * sample. Errors: none; both ranges must be within bounds.
 */
export function storeRow(
  row: Uint32Array,
  from: number,
  count: number,
  tile: Uint32Array,
  at: number,
): number {
  let present = 0;
  let target = 2 * at;
  for (let cell = from; cell < from + count; cell++) {
    tile[target++] = row[2 * cell]!;
    tile[target++] = row[2 * cell + 1]!;
    if (!isAbsentAt(row, cell)) present++;
  }
  return present;
}

/**
 * Copies the `count` cells of `tile` at `at`, `at + stride`, … to `column` from cell `to` on. Returns how many of
 * them hold a sample. Errors: none; both ranges must be within bounds.
 */
export function gatherColumn(
  tile: Uint32Array,
  at: number,
  stride: number,
  count: number,
  column: Uint32Array,
  to: number,
): number {
  let present = 0;
  let cell = at;
  for (let row = to; row < to + count; row++) {
    column[2 * row] = tile[2 * cell]!;
    column[2 * row + 1] = tile[2 * cell + 1]!;
    if (!isAbsentAt(tile, cell)) present++;
    cell += stride;
  }
  return present;
}
